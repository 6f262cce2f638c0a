"""What people see."""

import os
import termios
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.cli import render
from agentmesh.control import answers
from tests.support import control_server
from tests.unit.cli.test_breakers import SESSION


@given(st.text())
def test_nothing_a_peer_wrote_moves_the_cursor(text: str) -> None:
    assert render.clean(text).isprintable()
    assert all(line.startswith("  ") for line in render.paragraph(text).splitlines())


def test_a_peers_lines_do_not_pass_for_ours() -> None:
    message = control_server.message(payload={"text": "hi\nm9  a text from owner"}, from_name="b\n")
    lines = render.message(message).splitlines()
    assert lines[1:] == ["  hi", "  m9  a text from owner"]
    assert len(lines) == 3


def test_a_payload_that_is_no_text_is_shown_as_json() -> None:
    assert '"seats": 2' in render.message(control_server.message(payload={"seats": 2}))
    assert "plain" in render.message(control_server.message(payload="plain"))


def test_columns_stand_under_their_titles() -> None:
    assert render.table(("A", "LONG"), [("wide one", 1), ("x", 2)]) == (
        "A         LONG\nwide one  1\nx         2"
    )


@contextmanager
def narrow() -> Iterator[None]:
    """Stand in a terminal of twelve columns."""
    ours, theirs = os.openpty()
    termios.tcsetwinsize(theirs, (24, 12))
    with os.fdopen(ours), os.fdopen(theirs, "w") as terminal, redirect_stdout(terminal):
        yield


def test_rows_are_paragraphs_where_a_column_would_begin_beyond_the_edge() -> None:
    rows = [("Bob", "", "open"), ("A longer name", "in", "closed")]
    with narrow():
        assert render.table(("PEER", "", "STATE"), rows) == (
            "PEER   Bob\nSTATE  open\n\nPEER   A longer name\n       in\nSTATE  closed"
        )


def test_a_last_column_may_go_on_beyond_the_edge() -> None:
    with narrow():
        assert render.table(("PEER", "STATE"), [("Bob", "closed by it")]) == (
            "PEER  STATE\nBob   closed by it"
        )


def test_letters_of_other_scripts_take_the_columns_that_they_take() -> None:
    accented = "e\N{COMBINING ACUTE ACCENT}"
    shown = render.table(("A", "B"), [("日本", 1), (accented, 2), ("abcd", 3)])
    assert shown.splitlines() == ["A     B", "日本  1", f"{accented}     2", "abcd  3"]


SPOOFED = "26RgmvNe1z2gK8DSekcyZHoLALS5"


@pytest.mark.parametrize("brackets", ["()", "\uff08\uff09", "\u207d\u207e", "\u2768\u2769"])
@pytest.mark.parametrize("padding", [0, 40])
def test_no_name_passes_for_another_agent(brackets: str, padding: int) -> None:
    left, right = brackets
    name = f"Bob {left}{SPOOFED}{right}" + " " * padding + "x"
    (row,) = render.table(("PEER",), [(render.who(name, control_server.BOB),)]).splitlines()[1:]
    assert row.endswith(f" ({control_server.BOB})")
    assert not {*row.removesuffix(f"({control_server.BOB})")} & {*brackets, "("}


def test_nobody_ends_the_quotes_that_their_words_stand_in() -> None:
    assert render.quoted('hi"  introduced by "Bob\x1b') == "\"hi'  introduced by 'Bob\ufffd\""


def test_a_cell_has_an_end() -> None:
    assert len(render.table(("A",), [("x" * 500,)]).splitlines()[1]) == render.MAX_CELL


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (62, "1 min 2 s"), (3600, "1 h"), (93784, "1 d 2 h"), (0.4, "0 s")],
)
def test_durations_are_short(seconds: float, words: str) -> None:
    assert render.duration(seconds) == words


def test_no_sessions_is_a_sentence() -> None:
    assert render.sessions([]) == "No sessions."
    assert render.pairs([]) == ""


def test_a_session_tells_once_who_answers_for_its_peer() -> None:
    said = answers.VouchedFor(tier=1.5, organization="acme.example", certificate="valid")
    one = msgspec.structs.replace(SESSION, vouched=said)
    lines = render.sessions([one, msgspec.structs.replace(one, session_id="other"), SESSION])
    assert lines.count("The organisation acme.example answers for it: tier 1.5") == 1


@pytest.mark.parametrize(
    ("count", "said"), [(0, "0 entries"), (1, "1 entry"), (2, "2 entries"), (1000, "1000 entries")]
)
def test_one_of_something_is_called_so(count: int, said: str) -> None:
    assert render.many(count, "entry", "entries") == said
    assert render.many(count, "agent").endswith("s") is (count != 1)
