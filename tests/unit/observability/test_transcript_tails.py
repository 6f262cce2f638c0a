"""Transcripts that are gone on with."""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.errors import StorageError
from agentmesh.observability import transcript_tails
from agentmesh.observability.transcript_records import Entry, Reader
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.ids import Amid, SessionId
from tests.support.world import FakeEntropy

ONE, TWO, THREE = (SessionId(f"0190a0a0-0000-7000-8000-00000000000{n}") for n in (1, 2, 3))
WORD = Entry(at=1.0, kind="received", peer=Amid("2wVn"), type="text", body=b"word")


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Transcripts]:
    """Transcripts of which two are open at a time."""
    monkeypatch.setattr(transcript_tails, "MAX_OPEN", 2)
    transcripts = Transcripts(tmp_path / "transcripts", Secret(b"k" * 32), FakeEntropy())
    yield transcripts
    transcripts.close()


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the files that were synced."""
    synced: list[int] = []
    monkeypatch.setattr(os, "fsync", synced.append)
    return synced


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return what was read of transcripts, to find their ends."""
    read: list[bytes] = []

    def reader(key: Secret, data: bytes) -> Reader:
        read.append(data)
        return Reader(key, data)

    monkeypatch.setattr(transcript_tails, "Reader", reader)
    return read


def go_on(kept: Transcripts, *sessions: SessionId) -> None:
    for session_id in sessions:
        kept.append(session_id, WORD)


def test_few_files_are_open_at_a_time(kept: Transcripts) -> None:
    before = len(os.listdir("/dev/fd"))
    go_on(kept, *3 * (ONE, TWO, THREE))
    assert len(os.listdir("/dev/fd")) - before == 2
    assert len(kept.show(TWO).entries) == 3


def test_what_was_let_go_for_others_is_gone_on_with_unread(
    kept: Transcripts, read: list[bytes]
) -> None:
    go_on(kept, *5 * (ONE, TWO, THREE))
    assert read == []
    assert [len(kept.show(session_id).entries) for session_id in (ONE, TWO, THREE)] == [5, 5, 5]


def test_of_no_more_than_so_many_the_end_is_remembered(
    kept: Transcripts, read: list[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transcript_tails, "MAX_ENDS", 0)
    go_on(kept, ONE, TWO, THREE, ONE)
    assert len(read) == 1
    assert len(kept.show(ONE).entries) == 2


def test_a_file_that_has_another_size_than_it_had_is_read_again(
    kept: Transcripts, read: list[bytes], tmp_path: Path
) -> None:
    go_on(kept, ONE, TWO, THREE)
    with (tmp_path / "transcripts" / ONE).open("ab") as file:
        file.write(b"torn")
    go_on(kept, ONE)
    assert len(read) == 1
    assert len(kept.show(ONE).entries) == 2


def test_an_erased_transcript_is_begun_anew(kept: Transcripts) -> None:
    go_on(kept, ONE, TWO, THREE)
    kept.erase(ONE)
    go_on(kept, ONE)
    assert len(kept.show(ONE).entries) == 1


def test_what_the_disk_has_is_let_go_first_and_nobody_waits_for_it(
    kept: Transcripts, synced: list[int]
) -> None:
    go_on(kept, ONE, TWO)
    kept.sync()
    go_on(kept, ONE)
    synced.clear()
    go_on(kept, THREE)
    assert synced == []
    go_on(kept, TWO)
    assert len(synced) == 1, "the other two were new"


def test_what_could_not_be_synced_is_synced_the_next_time(
    kept: Transcripts, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried: list[int] = []

    def full(handle: int) -> None:
        tried.append(handle)
        raise OSError(errno.ENOSPC, "full")

    go_on(kept, ONE, TWO)
    with monkeypatch.context() as disk:
        disk.setattr(os, "fsync", full)
        for _ in range(2):
            with pytest.raises(StorageError):
                kept.sync()
        disk.setattr(os, "fsync", tried.append)
        kept.sync()
    assert len(tried) == 1 + 1 + 2
