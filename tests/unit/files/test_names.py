import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.files.names import MAX_NAME_BYTES, clean_name, extension_of, numbered

HOSTILE = st.text(
    st.sampled_from("ab.-~ /\\:\0\n\x1b\u202e\u200b\u2066\ufeff\U000e0041\ufe0f\u3164éé人😀")
    | st.characters(),
    max_size=300,
)


@pytest.mark.parametrize(
    ("told", "clean"),
    [
        ("report.pdf", "report.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("/etc/shadow", "shadow"),
        ("..", "file"),
        ("", "file"),
        ("///", "file"),
        (".bashrc", "bashrc"),
        ("-rf", "rf"),
        ("~root", "root"),
        ("--.-~ x", "x"),
        ("a\0b\nc\x1b[31m.txt", "abc[31m.txt"),
        ("invoice\u202efdp.exe", "invoicefdp.exe"),
        ("zero\u200bwidth\ufeff\U000e0041.txt", "zerowidth.txt"),
        ("photo.jpg                 .exe", "photo.jpg.exe"),
        ("archive.tar.gz", "archive.tar.gz"),
        ("invoice.pdf.exe", "invoice.pdf.exe"),
        ("CON", "_CON"),
        ("con.txt", "_con.txt"),
        ("Lpt1.tar.gz", "_Lpt1.tar.gz"),
        ("console.log", "console.log"),
        ('a<b>c:d"e|f?g*h.txt', "a_b_c_d_e_f_g_h.txt"),
        ("name. . .", "name"),
        ("e\u0301.txt", "\u00e9.txt"),
        ("half\ud800.txt", "half.txt"),
    ],
)
def test_a_name_is_cleaned(told: str, clean: str) -> None:
    assert clean_name(told) == clean


@given(HOSTILE)
def test_no_name_does_harm(told: str) -> None:
    name = clean_name(told)
    assert 0 < len(name.encode()) <= MAX_NAME_BYTES
    assert name not in {".", ".."}
    assert name[0] not in ".-~ "
    assert name[-1] not in ". "
    assert not {"/", "\\", "\0", ":"} & set(name)
    assert not {"Cc", "Cf", "Cs", "Zl", "Zp"} & {unicodedata.category(it) for it in name}
    assert name.isprintable()


@given(HOSTILE)
def test_a_clean_name_stays_as_it_is(told: str) -> None:
    assert clean_name(clean_name(told)) == clean_name(told)


@given(HOSTILE, st.integers(2, 9999))
def test_a_number_makes_another_name_that_is_as_clean(told: str, number: int) -> None:
    name = clean_name(told)
    other = numbered(name, number)
    assert other != name
    assert len(other.encode()) <= MAX_NAME_BYTES
    assert extension_of(other) == extension_of(name)


def test_a_long_name_keeps_its_extension_and_whole_letters() -> None:
    name = clean_name("é" * 200 + ".pdf")
    assert name.endswith("é.pdf")
    assert len(name.encode()) <= MAX_NAME_BYTES
    assert numbered("a.txt", 2) == "a (2).txt"
    assert numbered("README", 3) == "README (3)"
    assert len(clean_name("a." + "x" * 200).encode()) <= MAX_NAME_BYTES


def test_an_extension_is_in_lower_case() -> None:
    assert extension_of("Photo.JPG") == "jpg"
    assert extension_of("README") == ""
