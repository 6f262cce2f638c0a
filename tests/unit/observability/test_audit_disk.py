"""The audit log on a disk that is full or broken."""

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.observability import audit as audit_module
from agentmesh.observability.audit import MAX_WAITING, AuditLog
from agentmesh.observability.audit_line import Event
from agentmesh.observability.audit_verify import Report, verify
from agentmesh.observability.logs import Code
from tests.support.world import FakeClock

KEY = Secret(b"k" * 32)
FIRST_DAY = "audit-2027-01-15.jsonl"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def begin(logs: Path) -> Callable[[], AuditLog]:
    return lambda: AuditLog(logs, KEY, FakeClock())


def write(log: AuditLog, count: int = 3) -> None:
    for number in range(count):
        log.record(Event.MESSAGE_SENT, number=number)
    assert log.flush()


def whole(logs: Path) -> Report:
    report = verify(logs, KEY)
    assert report.problems == ()
    return report


class Disk:
    """A disk that takes only so many bytes."""

    def __init__(self, write: Callable[[int, bytes], int]) -> None:
        self._write = write
        self.room: int | None = None

    def write(self, handle: int, data: bytes) -> int:
        if self.room is None:
            return self._write(handle, data)
        if not self.room:
            raise OSError(errno.ENOSPC, "full")
        fits, self.room = data[: self.room], max(0, self.room - len(data))
        return self._write(handle, fits)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    disk = Disk(os.write)
    monkeypatch.setattr(os, "write", disk.write)
    yield disk
    disk.room = None


@pytest.mark.parametrize("room", [0, 1, 300])
def test_a_full_disk_loses_nothing_that_can_wait(
    room: int, begin: Callable[[], AuditLog], logs: Path, disk: Disk
) -> None:
    log = begin()
    write(log)
    disk.room = room
    log.record(Event.ERROR, code=Code("disk_full"))
    for _ in range(3):
        log.record(Event.MESSAGE_SENT)
    assert not log.flush()
    assert log.condition().failing
    disk.room = None
    assert log.flush()
    assert not log.condition().failing
    log.close()
    assert whole(logs).lines == 7


def test_what_a_full_disk_took_half_of_is_not_there_twice_in_two_files(
    begin: Callable[[], AuditLog], logs: Path, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_module, "MAX_FILE", 2000)
    log = begin()
    write(log)
    disk.room = 400
    log.record(Event.MESSAGE_SENT)
    log.record(Event.MESSAGE_SENT)
    assert not log.flush()
    disk.room = None
    write(log, 4)  # with what waited it is too much for this file
    log.close()
    report = whole(logs)
    assert (report.lines, report.files) == (9, 2)


def test_a_disk_full_for_long_is_counted(
    begin: Callable[[], AuditLog], logs: Path, disk: Disk
) -> None:
    log = begin()
    disk.room = 0
    for _ in range(MAX_WAITING + 9):
        log.record(Event.MESSAGE_SENT)
    assert not log.flush()
    assert (log.condition().waiting, log.condition().lost) == (MAX_WAITING - 1, 10)
    disk.room = None
    assert log.flush()
    write(log, 1)
    log.close()
    assert whole(logs).lines == MAX_WAITING + 1
    assert b'"fields":{"count":10}' in (logs / FIRST_DAY).read_bytes()
    whole(logs)


def test_of_facts_that_come_together_those_are_kept_for_which_there_is_room(
    begin: Callable[[], AuditLog], logs: Path, disk: Disk
) -> None:
    log = begin()
    disk.room = 0
    log.record_all(Event.MESSAGE_SENT, [{"number": n} for n in range(MAX_WAITING + 9)])
    log.record_all(Event.MESSAGE_SENT, [{"number": 0}])
    assert (log.condition().waiting, log.condition().lost) == (MAX_WAITING - 1, 11)
    disk.room = None
    assert log.flush()
    log.record_all(Event.MESSAGE_SENT, [{"number": n} for n in (1, 2)])
    log.close()
    assert whole(logs).lines == MAX_WAITING + 2
    assert b'"fields":{"count":11}' in (logs / FIRST_DAY).read_bytes()


def test_without_room_to_mend_the_log_goes_on_in_another_file(
    begin: Callable[[], AuditLog], logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = begin()
    write(log)
    log.close()
    path = logs / FIRST_DAY
    torn = path.read_bytes() + b"torn"
    path.write_bytes(torn)

    def full(path: Path, length: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as disk:
        disk.setattr(os, "truncate", full)
        log = begin()
    assert log.condition().failing
    write(log)
    log.close()
    assert path.read_bytes() == torn
    report = verify(logs, KEY)
    assert (report.lines, report.files, report.is_whole) == (6, 2, True)


def test_a_disk_that_does_not_sync_is_told(
    begin: Callable[[], AuditLog], logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(handle: int) -> None:
        raise OSError(errno.EIO, "broken")

    log = begin()
    write(log)
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", broken)
        log.close()
    assert log.condition().failing
    assert whole(logs).lines == 3
