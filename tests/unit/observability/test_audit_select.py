"""Choosing lines of the audit log."""

from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.errors import UsageError
from agentmesh.observability import audit_select
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import Event, Marks
from agentmesh.observability.audit_select import Choice, newest, page
from agentmesh.protocol.ids import Amid
from tests.support.world import FakeClock

KEY = Secret(b"k" * 32)
MARKS = Marks(KEY)
ALICE, BOB = Amid("alice"), Amid("bob")


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Three days; on each Alice and Bob say something, and an error happens."""
    clock = FakeClock()
    log = AuditLog(tmp_path, KEY, clock)
    for _ in range(3):
        log.record(Event.MESSAGE_SENT, peer=ALICE)
        log.record(Event.MESSAGE_RECEIVED, peer=BOB)
        log.record(Event.ERROR)
        log.flush()
        clock.advance(86400)
    log.close()
    return tmp_path


def numbers(logs: Path, limit: int = 100, **choice: object) -> list[int]:
    """Return the chosen numbers, having asked page by page."""
    found: list[int] = []
    place = ""
    while True:
        chosen, place = page(logs, MARKS, Choice(**choice), (place, limit))  # type: ignore[arg-type]
        found += [it.line.seq for it in chosen]
        if not place:
            return found


@pytest.mark.parametrize("limit", [1, 2, 3, 9, 100])
def test_every_line_comes_once(logs: Path, limit: int) -> None:
    assert numbers(logs, limit) == list(range(1, 10))


def test_lines_are_chosen_by_kind_peer_time_and_number(logs: Path) -> None:
    assert numbers(logs, 2, kinds=("error",)) == [3, 6, 9]
    assert numbers(logs, 2, peer=BOB) == [2, 5, 8]
    assert numbers(logs, since="2027-01-16T00:00:00.000Z") == [4, 5, 6, 7, 8, 9]
    assert numbers(logs, until="2027-01-16T00:00:00.000Z") == [1, 2, 3]
    assert numbers(logs, 2, up_to=4, peer=ALICE) == [1, 4]
    assert numbers(logs, kinds=("nothing",)) == []


def test_a_page_looks_at_so_many_lines_only(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_select, "PAGE_LOOKS", 2)
    assert numbers(logs, kinds=("error",)) == [3, 6, 9]


def test_what_is_not_ours_is_passed_over(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_select, "PAGE_LOOKS", 1)
    day = sorted(logs.iterdir())[1]
    day.write_bytes(day.read_bytes().replace(b"bob", b"eve") + b"\n\nnoise\n")
    assert numbers(logs) == [1, 2, 3, 4, 6, 7, 8, 9]


def test_the_newest_are_shown_oldest_first(logs: Path) -> None:
    assert [line.seq for line in newest(logs, MARKS, Choice(peer=BOB), 2)] == [5, 8]


@pytest.mark.parametrize("place", ["nowhere:3", "../../etc/passwd:0", ":", "audit"])
def test_a_place_outside_the_log_is_refused(logs: Path, place: str) -> None:
    with pytest.raises(UsageError):
        page(logs, MARKS, Choice(), (place, 1))
