"""The end of the audit log, as its owner reads it."""

import os
from pathlib import Path

import msgspec

from agentmesh.crypto.secret import Secret
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import MAX_LINE, Event
from agentmesh.observability.audit_tail import tail
from tests.support.world import FakeClock

DAY = 86400.0


def put(directory: Path, name: str, *numbers: int, at: int) -> Path:
    """Write a file of the log that was last written on at this time."""
    path = directory / name
    path.write_bytes(b"".join(b'{"seq":%d}\n' % number for number in numbers))
    os.utime(path, (at, at))
    return path


def numbers(directory: Path, limit: int) -> list[int]:
    return [record["seq"] for record in tail(directory, limit)]


def test_the_log_shows_what_was_recorded(tmp_path: Path) -> None:
    log = AuditLog(tmp_path, Secret(b"k" * 32), FakeClock())
    log.record(Event.KNOCK_SENT, count=3)
    log.close()
    [record] = tail(tmp_path, 10)
    assert (record["seq"], record["event"], record["fields"]) == (1, "knock_sent", {"count": 3})


def test_the_last_are_shown_oldest_first(tmp_path: Path) -> None:
    put(tmp_path, "audit-2027-01-15.jsonl", 1, 2, 3, 4, at=1)
    assert numbers(tmp_path, 3) == [2, 3, 4]
    assert numbers(tmp_path, 100) == [1, 2, 3, 4]


def test_as_many_files_are_read_as_it_takes(tmp_path: Path) -> None:
    clock = FakeClock()
    log = AuditLog(tmp_path, Secret(b"k" * 32), clock)
    for _ in range(5):
        log.record(Event.KNOCK_SENT)
        log.flush()
        clock.advance(DAY)
    log.close()
    for at, path in enumerate(sorted(tmp_path.iterdir())):
        os.utime(path, (at, at))
    assert numbers(tmp_path, 4) == [2, 3, 4, 5]


def test_the_newest_file_is_the_one_last_written_on(tmp_path: Path) -> None:
    put(tmp_path, "audit-2028-02-19.jsonl", 1, at=1)  # the clock was wrong
    put(tmp_path, "audit-2027-01-15.2.jsonl", 3, at=3)
    put(tmp_path, "audit-2027-01-15.jsonl", 2, at=2)
    assert numbers(tmp_path, 2) == [2, 3]


def test_a_line_that_is_none_is_left_out(tmp_path: Path) -> None:
    path = put(tmp_path, "audit-2027-01-15.jsonl", 1, at=1)
    for wrong in (
        b"words\n",
        b"[1]\n",
        b"\n",
        b"\xff\xfe\n",
        b'{"a":"\xff"}\n',
        b"\0" * (3 * MAX_LINE) + b"\n",
        b'{"a":' + b"[" * (MAX_LINE - 10) + b"\n",
        b'{"a":1e999999}\n',
    ):
        path.write_bytes(path.read_bytes() + wrong)
    path.write_bytes(path.read_bytes() + b'{"seq":2}\n{"seq":')
    assert numbers(tmp_path, 10) == [1, 2]


def test_bad_lines_take_no_good_ones_place(tmp_path: Path) -> None:
    path = put(tmp_path, "audit-2027-01-15.jsonl", 1, 2, at=1)
    path.write_bytes(path.read_bytes() + b"words\n" * 5)
    assert numbers(tmp_path, 2) == [1, 2]


def test_no_log_has_no_end(tmp_path: Path) -> None:
    assert tail(tmp_path, 5) == []
    assert tail(tmp_path / "nowhere", 5) == []


def test_what_was_set_aside_is_not_shown(tmp_path: Path) -> None:
    put(tmp_path, "audit-2027-01-15.jsonl.torn", 1, at=1)
    assert tail(tmp_path, 5) == []


def test_what_is_shown_can_be_sent_to_whoever_asks(tmp_path: Path) -> None:
    put(tmp_path, "audit-2027-01-15.jsonl", 1, at=1)
    assert msgspec.json.decode(msgspec.json.encode(tail(tmp_path, 5))) == [{"seq": 1}]
