"""The lines of a file or of stdin, as they come."""

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.cli import lines
from agentmesh.cli.lines import Line, arriving
from agentmesh.errors import UsageError
from agentmesh.protocol.limits import MAX_PAYLOAD


def read(data: bytes) -> tuple[list[Line], int, str]:
    """Return the lines before the first wrong one, its number and what is wrong with it."""
    found: list[Line] = []
    try:
        for there in arriving(io.BytesIO(data)):
            found += there
    except UsageError as error:
        return found, error.at, error.code
    return found, 0, ""


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["", " ", "one", "two \u2028 2", "x" * 300, "\0"])), st.booleans())
def test_every_line_that_says_something_is_found_with_its_number(
    texts: list[str], has_end: bool
) -> None:
    data = "\n".join(texts) + ("\n" if has_end else "")
    wanted = [Line(number, text) for number, text in enumerate(texts, 1) if text.strip()]
    assert read(data.encode()) == (wanted, 0, "")


def test_lines_are_the_same_in_whatever_pieces_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"one\r\n\ntwo\nthree"
    for size in range(1, 20):
        monkeypatch.setattr(lines, "READ_BYTES", size)
        assert read(data)[0] == [Line(1, "one"), Line(3, "two"), Line(4, "three")]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (b"\xff", "not_text"),
        (b"x" * (MAX_PAYLOAD + 1), "text_too_long"),
        (b"x" * (3 * MAX_PAYLOAD), "text_too_long"),
    ],
)
@pytest.mark.parametrize("after", [b"", b"\nfour\n"])
def test_what_stands_before_a_wrong_line_is_found(wrong: bytes, code: str, after: bytes) -> None:
    found, at, why = read(b"one\n\n" + wrong + after)
    assert (found, at, why) == ([Line(1, "one")], 3, code)
