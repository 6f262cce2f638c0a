"""What the disk says about itself."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.daemon.examinations import KEEP_SECONDS, Examination, audit_findings
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
