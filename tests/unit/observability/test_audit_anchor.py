"""The log begins where its oldest files were let go, and nowhere else."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.secret import Secret
from agentmesh.errors import StorageError
from agentmesh.observability import audit as audit_module
from agentmesh.observability.audit import LET_GO_FILES, AuditLog
from agentmesh.observability.audit_anchor import NAME, read_start, write_start
from agentmesh.observability.audit_line import Event, Head, Marks
from agentmesh.observability.audit_verify import verify
from tests.support.hostile import FUZZ
from tests.support.world import FakeClock

KEY = Secret(b"k" * 32)
MARKS = Marks(KEY)
DAY = 86400.0
LINES = 3


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def log(tmp_path: Path, clock: FakeClock) -> AuditLog:
    """Three days of three lines each, and the fourth has begun."""
    log = AuditLog(tmp_path, KEY, clock)
    for _ in range(3):
        for number in range(LINES):
            log.record(Event.MESSAGE_SENT, number=number)
        log.flush()
        clock.advance(DAY)
    log.record(Event.ERROR)
    log.flush()
    return log


def problems(logs: Path, *expected: Head) -> list[tuple[str, str]]:
    return [(it.file, it.what) for it in verify(logs, KEY, *expected).problems]


def test_what_is_left_hangs_on_what_was_let_go(log: AuditLog, tmp_path: Path) -> None:
    assert log.let_go(1_800_000_000 + DAY) == LINES
    assert log.let_go(1_800_000_000 + DAY) == 0
    log.close()
    report = verify(tmp_path, KEY, log.head())
    assert (report.start.seq, report.lines, report.problems) == (LINES, 2 * LINES + 2, ())
    last = max(tmp_path.glob("audit-*.jsonl")).read_text().splitlines()[-1]
    assert '"audit_let_go","fields":{"lines":3,"files":1}' in last


def test_the_chain_goes_on_after_a_restart(log: AuditLog, tmp_path: Path, clock: FakeClock) -> None:
    log.let_go(clock.now())
    log.close()
    again = AuditLog(tmp_path, KEY, clock)
    again.record(Event.ERROR)
    again.close()
    assert problems(tmp_path, again.head()) == []


def test_the_youngest_file_stays_whatever_the_clock_says(log: AuditLog, tmp_path: Path) -> None:
    log.let_go(9e9)
    log.close()
    assert len(list(tmp_path.glob("audit-*.jsonl"))) == 1
    assert problems(tmp_path, log.head()) == []


def test_a_clock_that_jumps_takes_only_a_few_files_along(
    tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(audit_module, "MAX_FILE", 200)
    log = AuditLog(tmp_path, KEY, clock)
    for _ in range(20):
        log.record(Event.ERROR)
        log.flush()
    assert log.let_go(9e9) == LET_GO_FILES
    log.close()


def test_a_crash_before_the_files_are_erased_leaves_no_gap(
    log: AuditLog, tmp_path: Path, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(path: Path, missing_ok: bool = False) -> None:
        raise OSError("power")

    with monkeypatch.context() as power:
        power.setattr(os, "fsync", lambda _: None)
        power.setattr(Path, "unlink", lambda path, missing_ok=False: crash(path)
                      if path.suffix == ".jsonl" else None)  # fmt: skip
        with pytest.raises(StorageError):
            log.let_go(1_800_000_000 + DAY)
    assert problems(tmp_path, log.head()) == []
    log.close()
    AuditLog(tmp_path, KEY, clock).close()
    assert len(list(tmp_path.glob("audit-*.jsonl"))) == 3
    assert problems(tmp_path, log.head()) == []


def test_what_was_changed_is_kept_for_the_owner_to_see(log: AuditLog, tmp_path: Path) -> None:
    first = min(tmp_path.glob("audit-*.jsonl"))
    first.write_bytes(first.read_bytes().replace(b'"number":1', b'"number":7'))
    assert log.let_go(9e9) == 0
    assert (first.name, "edited") in problems(tmp_path)
    log.close()


def test_erasing_files_by_hand_or_the_anchor_shows(log: AuditLog, tmp_path: Path) -> None:
    min(tmp_path.glob("audit-*.jsonl")).unlink()
    assert [what for _, what in problems(tmp_path)] == ["missing"]
    log.let_go(1_800_000_000 + 2 * DAY)
    log.close()
    assert [what for _, what in problems(tmp_path)] == ["missing"]


def test_an_anchor_without_a_log_is_a_log_cut_off(log: AuditLog, tmp_path: Path) -> None:
    log.let_go(1_800_000_000 + DAY)
    log.close()
    for path in tmp_path.glob("audit-*.jsonl"):
        path.unlink()
    assert problems(tmp_path) == [(NAME, "cut_off")]


def test_a_head_that_was_let_go_is_no_longer_asked_for(log: AuditLog, tmp_path: Path) -> None:
    log.let_go(1_800_000_000 + DAY)
    log.close()
    assert problems(tmp_path, Head(1, "f" * 64)) == []
    assert [what for _, what in problems(tmp_path, Head(3, "f" * 64))] == ["cut_off"]


@FUZZ
@given(data=st.data())
def test_every_flipped_bit_of_an_anchor_is_noticed(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("anchor")
    write_start(folder, MARKS, Head(3, "a" * 64))
    raw = bytearray((folder / NAME).read_bytes())[:-1]
    bit = data.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    (folder / NAME).write_bytes(raw)
    start = read_start(folder, MARKS)
    assert not start.is_ours
    assert start.head == Head()


@FUZZ
@given(garbage=st.binary(max_size=2000))
def test_anything_can_lie_there(tmp_path_factory: pytest.TempPathFactory, garbage: bytes) -> None:
    folder = tmp_path_factory.mktemp("anchor")
    (folder / NAME).write_bytes(garbage)
    assert not read_start(folder, MARKS).is_ours
