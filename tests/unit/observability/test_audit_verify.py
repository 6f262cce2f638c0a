"""Finding what was done to the audit log."""

from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import Event, Head
from agentmesh.observability.audit_verify import MAX_PROBLEMS, verify
from tests.support.world import FakeClock

KEY = Secret(b"k" * 32)
DAYS, LINES = 3, 4


def begin(logs: Path) -> Head:
    """Three days of four lines each."""
    clock = FakeClock()
    log = AuditLog(logs, KEY, clock)
    for _ in range(DAYS):
        for number in range(LINES):
            log.record(Event.MESSAGE_SENT, number=number)
        log.flush()
        clock.advance(86400)
    log.close()
    return log.head()


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    return tmp_path / "logs"


@pytest.fixture
def head(logs: Path) -> Head:
    return begin(logs)


def change(path: Path, act: Callable[[list[bytes]], list[bytes]]) -> None:
    path.write_bytes(b"".join(act(path.read_bytes().splitlines(keepends=True))))


def day(logs: Path, number: int) -> Path:
    return sorted(logs.iterdir())[number]


def test_what_we_wrote_is_whole(logs: Path, head: Head) -> None:
    report = verify(logs, KEY, head)
    assert (report.lines, report.files, report.problems) == (DAYS * LINES, DAYS, ())
    assert report.head == head
    assert report.is_whole


def test_no_log_at_all_is_whole_unless_there_was_one(tmp_path: Path) -> None:
    assert verify(tmp_path, KEY).is_whole
    assert verify(tmp_path, KEY, Head()).is_whole
    assert [p.what for p in verify(tmp_path, KEY, Head(3, "x")).problems] == ["cut_off"]


@pytest.mark.parametrize(
    ("name", "act", "found"),
    [
        ("edit", lambda rows: [rows[0].replace(b"sent", b"lost"), *rows[1:]], ["edited"]),
        ("delete", lambda rows: [rows[0], *rows[2:]], ["missing"]),
        ("delete the first", lambda rows: rows[1:], ["missing"]),
        ("delete the last", lambda rows: rows[:-1], ["missing"]),
        (
            "swap",
            lambda rows: [rows[1], rows[0], *rows[2:]],
            ["missing", "out_of_order", "missing"],
        ),
        ("repeat", lambda rows: [rows[0], *rows], ["out_of_order"]),
        ("add", lambda rows: [*rows, b"{}\n"], ["unreadable"]),
        ("tear", lambda rows: [*rows[:-1], rows[-1][:-9]], ["torn", "missing"]),
    ],
)
def test_what_was_done_in_the_middle_is_found(
    name: str,
    act: Callable[[list[bytes]], list[bytes]],
    found: list[str],
    logs: Path,
    head: Head,
) -> None:
    change(day(logs, 1), act)
    report = verify(logs, KEY, head)
    assert [problem.what for problem in report.problems] == found
    assert {problem.file for problem in report.problems} <= {path.name for path in logs.iterdir()}
    assert not report.is_whole


def test_a_missing_day_is_found(logs: Path, head: Head) -> None:
    day(logs, 1).unlink()
    assert [problem.what for problem in verify(logs, KEY, head).problems] == ["missing"]


def test_a_day_made_unreadable_is_found(logs: Path, head: Head) -> None:
    change(day(logs, 1), lambda rows: [b"garbage\n", *rows[1:]])
    assert {p.what for p in verify(logs, KEY, head).problems} == {"unreadable", "missing"}


def test_the_newest_lines_are_missed_only_by_who_kept_the_head(logs: Path, head: Head) -> None:
    change(day(logs, 2), lambda rows: rows[:-1])
    assert verify(logs, KEY).is_whole
    assert [problem.what for problem in verify(logs, KEY, head).problems] == ["cut_off"]


def test_a_chain_made_anew_with_another_key_is_found(tmp_path: Path, logs: Path) -> None:
    clock = FakeClock()
    log = AuditLog(logs, Secret(b"f" * 32), clock)
    log.record(Event.ERROR)
    log.close()
    assert [problem.what for problem in verify(logs, KEY).problems] == ["edited"]


def test_lines_of_two_histories_do_not_join(logs: Path, tmp_path: Path, head: Head) -> None:
    log = AuditLog(tmp_path / "third", KEY, FakeClock(5.0))
    for _ in range(LINES):
        log.record(Event.ERROR)
    log.close()
    foreign = day(tmp_path / "third", 0).read_bytes().splitlines(keepends=True)
    change(day(logs, 0), lambda rows: [*rows[:2], *foreign[2:]])
    assert [problem.what for problem in verify(logs, KEY, head).problems] == ["unchained"] * 2


def test_a_torn_end_alone_is_no_tampering(logs: Path) -> None:
    begin(logs)
    path = day(logs, 2)
    path.write_bytes(path.read_bytes() + b'{"seq":13')
    report = verify(logs, KEY)
    assert [problem.what for problem in report.problems] == ["torn"]
    assert report.is_whole


def test_a_report_has_a_bound(logs: Path, head: Head) -> None:
    change(day(logs, 1), lambda rows: [*rows, *[b"garbage\n"] * 500])
    assert len(verify(logs, KEY, head).problems) == MAX_PROBLEMS
