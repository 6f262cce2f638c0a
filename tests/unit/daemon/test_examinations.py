"""What the disk says about itself."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.daemon import examinations
from agentmesh.daemon.examinations import (
    KEEP_SECONDS,
    Examination,
    around_findings,
    audit_findings,
)
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import Event
from agentmesh.observability.findings import Finding
from tests.support.world import FakeClock

KEY = Secret(b"a" * 32)


async def test_a_disk_is_looked_at_once_in_half_a_minute() -> None:
    clock, looks = FakeClock(), [0]

    def look() -> list[Finding]:
        looks[0] += 1
        return [Finding("seen", "note", str(looks[0]), "")]

    examination = Examination(look, clock)
    assert [found.why for found in await examination.findings()] == ["1"]
    assert [found.why for found in await examination.findings()] == ["1"]
    assert [found.why for found in await examination.findings(afresh=True)] == ["2"]
    clock.advance(KEEP_SECONDS)
    assert [found.why for found in await examination.findings()] == ["3"]


async def test_a_look_that_hangs_is_said_and_not_begun_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(examinations, "LOOK_SECONDS", 0.01)
    goes_on, looks = threading.Event(), [0]

    def look() -> list[Finding]:
        looks[0] += 1
        goes_on.wait(20)
        return [Finding("seen", "note", "", "")]

    examination = Examination(look, FakeClock())
    for _ in range(3):
        (found,) = await examination.findings(afresh=True)
        assert found.id == "examination_failed"
    goes_on.set()
    monkeypatch.setattr(examinations, "LOOK_SECONDS", 20.0)
    (found,) = await examination.findings(afresh=True)
    assert (found.id, looks) == ("seen", [1])


def test_what_stands_around_a_home_is_seen(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir(mode=0o755)
    assert "directory_open" in {it.id for it in around_findings(tmp_path / "open")}


@pytest.fixture
def log(tmp_path: Path) -> Iterator[AuditLog]:
    log = AuditLog(tmp_path, KEY, FakeClock())
    yield log
    log.close()


def ids(directory: Path, log: AuditLog) -> list[str]:
    return [found.id for found in audit_findings(directory, KEY, log)]


def test_a_log_that_is_being_written_is_whole(tmp_path: Path, log: AuditLog) -> None:
    assert ids(tmp_path, log) == []
    log.record(Event.POLICY_CHANGED)
    log.flush()
    log.record(Event.BREAKER_PAUSE_NEW)
    assert ids(tmp_path, log) == []


def test_a_changed_line_is_found(tmp_path: Path, log: AuditLog) -> None:
    log.record(Event.BREAKER_PAUSE_NEW)
    log.record(Event.POLICY_CHANGED)
    log.flush()
    (file,) = tmp_path.glob("audit-*.jsonl")
    file.write_bytes(file.read_bytes().replace(b"breaker_pause_new", b"breaker_pause_old"))
    (finding,) = audit_findings(tmp_path, KEY, log)
    assert (finding.id, finding.severity) == ("audit_damaged", "error")
    assert f"{file.name}, line 1: edited" in finding.why


def test_a_cut_off_end_is_found(tmp_path: Path, log: AuditLog) -> None:
    log.record(Event.POLICY_CHANGED)
    log.record(Event.BREAKER_PAUSE_NEW)
    log.flush()
    (file,) = tmp_path.glob("audit-*.jsonl")
    file.write_bytes(file.read_bytes().splitlines(keepends=True)[0])
    assert ids(tmp_path, log) == ["audit_damaged"]
