import io
import logging
from collections.abc import Iterator

import pytest

from agentmesh.observability.logs import Code, record, record_bug, write_logs
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
