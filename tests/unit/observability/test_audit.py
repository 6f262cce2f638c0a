"""The audit log: always written on, whatever happened to it."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.errors import StorageError
from agentmesh.observability import audit as audit_module
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import Event, Head
from agentmesh.observability.audit_verify import Report, verify
from agentmesh.observability.logs import Code
from tests.support.world import FakeClock

KEY = Secret(b"k" * 32)
DAY = 86400.0
FIRST_DAY = "audit-2027-01-15.jsonl"


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def begin(logs: Path, clock: FakeClock) -> Callable[[], AuditLog]:
    return lambda: AuditLog(logs, KEY, clock)


def write(log: AuditLog, count: int = 3) -> None:
    for number in range(count):
        log.record(Event.MESSAGE_SENT, number=number)
    assert log.flush()


def run(begin: Callable[[], AuditLog], count: int = 3) -> Head:
    log = begin()
    write(log, count)
    log.close()
    return log.head()


def events(logs: Path) -> list[str]:
    text = "".join(path.read_text() for path in sorted(logs.glob("audit-*.jsonl")))
    return [line.split('"event":"')[1].split('"')[0] for line in text.splitlines()]


def whole(logs: Path) -> Report:
    report = verify(logs, KEY)
    assert report.problems == ()
    return report


def test_the_chain_goes_on_across_restarts_and_days(
    begin: Callable[[], AuditLog], logs: Path, clock: FakeClock
) -> None:
    run(begin)
    run(begin)
    clock.advance(DAY)
    head = run(begin)
    assert sorted(path.name for path in logs.iterdir()) == [FIRST_DAY, "audit-2027-01-16.jsonl"]
    assert whole(logs).lines == 9
    assert whole(logs).head == head


def test_a_batch_over_midnight_lies_in_two_files(
    begin: Callable[[], AuditLog], logs: Path, clock: FakeClock
) -> None:
    log = begin()
    log.record(Event.ERROR)
    clock.advance(DAY)
    write(log)
    log.close()
    assert [path.read_bytes().count(b"\n") for path in sorted(logs.iterdir())] == [1, 3]
    whole(logs)


def test_a_clock_that_jumps_there_and_back_breaks_nothing(
    begin: Callable[[], AuditLog], logs: Path, clock: FakeClock
) -> None:
    log = begin()
    for seconds in (0, 400 * DAY, -400 * DAY, 400 * DAY, -401 * DAY):
        clock.jump(seconds)
        write(log)
    log.close()
    run(begin)
    assert whole(logs).lines == 18
    assert (logs / "audit-2027-01-15.2.jsonl").exists()


def test_what_is_written_to_disk_was_made_before(
    begin: Callable[[], AuditLog], logs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = begin()
    log.record(Event.ERROR)
    assert log.head() == Head()
    with monkeypatch.context() as patch:
        patch.delattr(audit_module, "audit_line")
        assert log.flush()
    write(log, 2)
    log.record_all(Event.ERROR, [])
    assert log.condition().waiting == 0
    log.close()
    assert whole(logs).head == log.head()
    assert whole(logs).lines == 3


@pytest.fixture
def small_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_module, "MAX_FILE", 1000)


@pytest.mark.usefixtures("small_files")
def test_a_day_may_need_several_files(begin: Callable[[], AuditLog], logs: Path) -> None:
    log = begin()
    for _ in range(5):
        write(log)
    log.close()
    run(begin)
    assert len(list(logs.iterdir())) == 6
    assert all(path.stat().st_size <= 1000 for path in logs.iterdir())
    assert whole(logs).lines == 18


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_nobody_else_reads_it_under_any_umask(
    umask: int, begin: Callable[[], AuditLog], logs: Path
) -> None:
    before = os.umask(umask)
    try:
        run(begin)
        path = logs / FIRST_DAY
        path.write_bytes(path.read_bytes() + b"torn")
        run(begin)
    finally:
        os.umask(before)
    assert stat.S_IMODE(logs.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in logs.iterdir()} == {0o600}


@pytest.mark.parametrize("cut", [1, 5, 100])
def test_a_torn_last_line_is_set_aside_and_told(
    cut: int, begin: Callable[[], AuditLog], logs: Path
) -> None:
    run(begin)
    path = logs / FIRST_DAY
    data = path.read_bytes()
    path.write_bytes(data[:-cut])
    run(begin)
    assert events(logs) == ["message_sent"] * 2 + ["audit_torn"] + ["message_sent"] * 3
    assert whole(logs).head.seq == 6
    torn = data[data[:-1].rfind(b"\n") + 1 : -cut]
    assert (logs / f"{FIRST_DAY}.torn").read_bytes() == torn


@pytest.mark.parametrize("left", [b"", b'{"seq": 4, "ti'])
def test_a_file_that_was_just_begun_is_set_aside(
    left: bytes, begin: Callable[[], AuditLog], logs: Path
) -> None:
    run(begin)
    (logs / "audit-2027-01-16.jsonl").write_bytes(left)
    run(begin)
    assert whole(logs).lines == 6 + bool(left)


def test_a_damaged_end_is_told_and_does_not_stop_the_log(
    begin: Callable[[], AuditLog], logs: Path
) -> None:
    run(begin)
    path = logs / FIRST_DAY
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"number":2', b'"number":7'))
    run(begin)
    assert events(logs)[3] == "audit_damaged"
    assert [(p.line, p.what) for p in verify(logs, KEY).problems] == [(3, "edited")]


def test_it_is_synced_once_a_second_and_at_the_end(
    begin: Callable[[], AuditLog], clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    log = begin()
    monkeypatch.setattr(os, "fsync", synced.append)
    for _ in range(10):
        clock.advance(0.3)
        write(log)
    assert len(synced) == 2
    log.close()
    assert len(synced) == 3


def test_a_log_that_vanishes_is_begun_anew_and_missed(
    begin: Callable[[], AuditLog], logs: Path
) -> None:
    log = begin()
    write(log)
    (logs / FIRST_DAY).unlink()
    write(log)
    log.close()
    assert [problem.what for problem in verify(logs, KEY).problems] == ["missing"]


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path, clock: FakeClock) -> None:
    (tmp_path / "logs").touch()
    with pytest.raises(StorageError) as caught:
        AuditLog(tmp_path / "logs", KEY, clock)
    assert caught.value.code == "audit_unusable"


def test_nothing_that_was_said_is_written(begin: Callable[[], AuditLog], logs: Path) -> None:
    log = begin()
    log.record(Event.ERROR, reason=Code("swordfish is the word"), note=Code("пароль"))
    log.close()
    data = (logs / FIRST_DAY).read_bytes()
    assert b"swordfish" not in data
    assert "пароль".encode() not in data
    assert KEY.reveal() not in data
