import io
import logging
from collections.abc import Iterator

import pytest

from agentmesh.observability.logs import (
    LINES_A_MINUTE,
    MAX_KINDS,
    Bound,
    Code,
    record,
    record_bug,
    write_logs,
)
from agentmesh.protocol.ids import Amid

LOG = logging.getLogger("agentmesh.test")


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    write_logs(logging.INFO, stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_a_fact_is_a_name_and_fields(written: io.StringIO) -> None:
    record(LOG, logging.INFO, "session.opened", peer=Amid("2wVn8r"), via=Code("relay"), took=0.5)
    assert written.getvalue().endswith(
        "INFO agentmesh.test session.opened peer=2wVn8r via=relay took=0.500\n"
    )


def test_text_of_a_stranger_cannot_forge_a_line(written: io.StringIO) -> None:
    record(LOG, logging.INFO, "knock.received", peer=Amid("x\n2026 ERROR all is lost"))
    assert written.getvalue().count("\n") == 1
    assert "peer=?" in written.getvalue()


def test_facts_below_the_level_are_not_written(written: io.StringIO) -> None:
    record(LOG, logging.DEBUG, "frame.received")
    assert written.getvalue() == ""


def test_a_bug_is_told_without_its_text(written: io.StringIO) -> None:
    try:
        raise ValueError("the secret word is swordfish")
    except ValueError as error:
        record_bug(LOG, "turn.failed", error, peer=Amid("abc"))
    assert "swordfish" not in written.getvalue()
    assert "ERROR agentmesh.test turn.failed kind=ValueError at=test_a_bug" in written.getvalue()


def test_libraries_are_heard_only_when_something_is_wrong(written: io.StringIO) -> None:
    logging.getLogger("websockets.client").info("> BINARY 00 01 02")
    assert written.getvalue() == ""


def _line(text: str, at: float) -> logging.LogRecord:
    line = LOG.makeRecord(LOG.name, logging.INFO, "logs.py", 1, "%s", (text,), None)
    line.created = at
    return line


def test_of_one_kind_so_many_lines_a_minute_are_written_and_the_others_counted() -> None:
    bound = Bound()
    let_through = [bound.filter(_line(f"frame.dropped peer={n}", 60.0)) for n in range(250)]
    assert let_through == [True] * LINES_A_MINUTE + [False] * 150
    assert bound.filter(_line("session.opened", 60.0))
    later = [_line("frame.dropped peer=7", 120.0) for _ in range(2)]
    assert [bound.filter(line) for line in later] == [True, True]
    assert [line.getMessage() for line in later] == [
        "frame.dropped peer=7 left_out=150",
        "frame.dropped peer=7",
    ]


def test_kinds_that_libraries_make_up_take_no_memory() -> None:
    bound = Bound()
    for number in range(3 * MAX_KINDS):
        assert bound.filter(_line(f"kind{number}", 60.0))
    assert len(bound._counts) <= MAX_KINDS


def test_a_stranger_does_not_fill_the_disk_with_lines(written: io.StringIO) -> None:
    for _ in range(10 * LINES_A_MINUTE):
        record(LOG, logging.INFO, "frame.dropped", peer=Amid("2wVn8r"), code=Code("unknown"))
    assert written.getvalue().count("\n") <= 2 * LINES_A_MINUTE, "a minute may end meanwhile"
