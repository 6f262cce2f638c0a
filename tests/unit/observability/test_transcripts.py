"""The transcripts of one home."""

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.errors import AgentMeshError
from agentmesh.observability import transcripts as transcripts_module
from agentmesh.observability.transcripts import Entry, Transcripts
from agentmesh.protocol.ids import Amid, SessionId
from tests.support.world import FakeEntropy

KEY = Secret(b"k" * 32)
CANARY = b"swordfish is the word"
ONE, TWO, THREE = (SessionId(f"0190a0a0-0000-7000-8000-00000000000{n}") for n in (1, 2, 3))


def said(body: bytes = CANARY) -> Entry:
    return Entry(at=1.0, kind="received", peer=Amid("2wVn"), type="text", body=body)


CLOSED = Entry(at=2.0, kind="closed", peer=Amid("2wVn"))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "transcripts"


@pytest.fixture
def begin(home: Path) -> Iterator[Callable[[], Transcripts]]:
    opened: list[Transcripts] = []

    def begin() -> Transcripts:
        opened.append(Transcripts(home, KEY, FakeEntropy(f"{len(opened)}")))
        return opened[-1]

    yield begin
    for each in opened:
        each.close()


@pytest.fixture
def kept(begin: Callable[[], Transcripts]) -> Transcripts:
    return begin()


def code_of(act: Callable[[], object]) -> str:
    with pytest.raises(AgentMeshError) as caught:
        act()
    return caught.value.code


def test_what_was_said_is_shown_again_after_a_restart(begin: Callable[[], Transcripts]) -> None:
    first = begin()
    first.append(ONE, said())
    first.close()
    second = begin()
    second.append(ONE, CLOSED)
    shown = second.show(ONE)
    assert shown.entries == (said(), CLOSED)
    assert shown.is_closed
    assert (shown.damaged_at, shown.is_torn) == (None, False)


def test_nothing_that_was_said_lies_open(kept: Transcripts, home: Path) -> None:
    kept.append(ONE, said())
    kept.append(ONE, said())
    data = (home / ONE).read_bytes()
    assert b"swordfish" not in data
    assert b"2wVn" not in data
    assert KEY.reveal() not in data


@pytest.mark.parametrize("umask", [0o000, 0o077])
def test_nobody_else_reads_them_under_any_umask(umask: int, home: Path) -> None:
    before = os.umask(umask)
    try:
        kept = Transcripts(home, KEY, FakeEntropy())
        kept.append(ONE, said())
        kept.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / ONE).stat().st_mode) == 0o600


@pytest.mark.parametrize("cut", [1, 20, 90])
def test_a_torn_record_is_told_and_gone_on_from(
    cut: int, begin: Callable[[], Transcripts], home: Path
) -> None:
    first = begin()
    first.append(ONE, said(b"one"))
    first.append(ONE, said(b"two"))
    first.close()
    data = (home / ONE).read_bytes()
    (home / ONE).write_bytes(data[:-cut])
    second = begin()
    assert second.show(ONE).is_torn
    second.append(ONE, said(b"three"))
    assert [entry.body for entry in second.show(ONE).entries] == [b"one", b"three"]


def test_of_what_was_written_together_a_cut_leaves_whole_runs(
    begin: Callable[[], Transcripts], home: Path
) -> None:
    first, said_at_once = begin(), [said(b"%d" % number + b"x" * 2000) for number in range(20)]
    first.append(ONE, *said_at_once)
    first.close()
    (home / ONE).write_bytes((home / ONE).read_bytes()[:-1])
    second = begin()
    left = second.show(ONE).entries
    assert 10 < len(left) < 20
    assert left == tuple(said_at_once[: len(left)])
    second.append(ONE, *said_at_once)
    assert second.show(ONE).entries == (*left, *said_at_once)


@pytest.mark.parametrize("left", [b"", b"agentmesh-tr"])
def test_a_file_that_was_just_begun_is_begun_again(
    left: bytes, kept: Transcripts, home: Path
) -> None:
    (home / ONE).write_bytes(left)
    kept.append(ONE, said())
    assert kept.show(ONE).entries == (said(),)


def test_a_damaged_transcript_shows_what_opens_and_is_left_alone(
    begin: Callable[[], Transcripts], home: Path
) -> None:
    first = begin()
    for body in (b"one", b"two", b"three"):
        first.append(ONE, said(body))
    first.close()
    data = bytearray((home / ONE).read_bytes())
    data[len(data) // 2] ^= 1
    (home / ONE).write_bytes(data)
    shown = begin().show(ONE)
    assert [entry.body for entry in shown.entries] == [b"one"]
    assert shown.damaged_at == 2
    assert code_of(lambda: begin().append(ONE, said())) == "transcript_damaged"
    assert (home / ONE).read_bytes() == data


def test_a_transcript_under_another_sessions_name_does_not_open(
    begin: Callable[[], Transcripts], home: Path
) -> None:
    first = begin()
    first.append(ONE, said())
    first.close()
    (home / ONE).rename(home / TWO)
    assert begin().show(TWO).damaged_at == 1


def test_the_overview_has_the_last_changed_first(kept: Transcripts, home: Path) -> None:
    for age, session in enumerate((TWO, ONE, THREE)):
        kept.append(session, said())
        os.utime(home / session, (0, 1000 - age))
    (home / "notes.txt").touch()
    found = kept.overview()
    assert [each.session_id for each in found] == [TWO, ONE, THREE]
    assert found[0].changed_at == 1000
    assert found[0].bytes == (home / TWO).stat().st_size


def test_an_erased_transcript_is_gone(kept: Transcripts) -> None:
    kept.append(ONE, said())
    kept.erase(ONE)
    assert code_of(lambda: kept.erase(ONE)) == "transcript_unknown"
    assert code_of(lambda: kept.show(ONE)) == "transcript_unknown"
    kept.append(ONE, said(b"new"))
    assert [entry.body for entry in kept.show(ONE).entries] == [b"new"]


@pytest.mark.parametrize("name", ["", "../keys/identity.sealed", "x", ONE.upper() + "A"])
def test_what_is_no_session_names_no_file(name: str, kept: Transcripts, home: Path) -> None:
    session = SessionId(name)
    for act in (
        lambda: kept.show(session),
        lambda: kept.append(session, said()),
        lambda: kept.erase(session),
    ):
        assert code_of(act) == "invalid_session"
    assert list(home.iterdir()) == []


def test_a_transcript_has_a_bound(kept: Transcripts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transcripts_module, "MAX_FILE", 300)
    kept.append(ONE, said())
    assert code_of(lambda: kept.append(ONE, said(b"x" * 300))) == "transcript_full"
    assert len(kept.show(ONE).entries) == 1


def test_a_full_disk_adds_nothing_and_later_it_goes_on(
    kept: Transcripts, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.append(ONE, said(b"one"))
    write = os.write

    def half(handle: int, data: bytes) -> int:
        if len(data) < 50:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, data[:49])

    with monkeypatch.context() as full:
        full.setattr(os, "write", half)
        assert code_of(lambda: kept.append(ONE, said(b"two"))) == "transcript_unusable"
    kept.append(ONE, said(b"three"))
    assert [entry.body for entry in kept.show(ONE).entries] == [b"one", b"three"]
    kept.sync()


def test_a_place_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert code_of(lambda: Transcripts(tmp_path / "file", KEY, FakeEntropy())) == (
        "transcript_unusable"
    )


def test_a_thread_may_sync_while_entries_are_added(kept: Transcripts) -> None:
    failures: list[Exception] = []
    is_over = threading.Event()

    def sync_over_and_over() -> None:
        while not is_over.is_set():
            try:
                kept.sync()
            except Exception as error:  # noqa: BLE001 (the test looks at it)
                failures.append(error)
                return

    thread = threading.Thread(target=sync_over_and_over)
    thread.start()
    sessions = [SessionId(f"0190a0a0-0000-7000-8000-{number:012d}") for number in range(150)]
    for session_id in sessions:
        kept.append(session_id, said())
        kept.append(sessions[0], said())
    is_over.set()
    thread.join(10)
    assert failures == []
    assert len(kept.show(sessions[0]).entries) == 151
