"""The key of one transcript opens that one, with its passphrase, and nothing else."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Cost
from agentmesh.errors import AgentMeshError
from agentmesh.observability.transcript_keys import lock, open_transcript, unlock
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.ids import Amid, SessionId
from tests.support.hostile import FUZZ
from tests.support.world import FakeEntropy

ONE, TWO = (SessionId(f"0190a0a0-0000-7000-8000-00000000000{n}") for n in (1, 2))
WORDS = Secret(b"of the file")
CHEAP = Cost((1, 8))
ENTRY = Entry(at=1.0, kind="received", peer=Amid("2wVn"), type="text", body=b'"hello"')


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Transcripts:
    kept = Transcripts(tmp_path_factory.mktemp("t"), Secret(b"k" * 32), FakeEntropy())
    for session_id in (ONE, TWO):
        for _ in range(2):
            kept.append(session_id, ENTRY)
    kept.close()
    return kept


def key_of(kept: Transcripts, session_id: SessionId = ONE) -> bytes:
    about = (session_id, Amid("2wVn"), 1_800_000_000.0)
    return lock(kept.key_of(session_id), about, WORDS, FakeEntropy("lock"), CHEAP)


def refusal(path: Path, key: bytes, words: Secret = WORDS) -> str:
    with pytest.raises(AgentMeshError) as caught:
        open_transcript(path, key, words)
    return caught.value.code


def test_an_auditor_reads_the_one_transcript(kept: Transcripts) -> None:
    found = open_transcript(kept._directory / ONE, key_of(kept), WORDS)
    assert (found.session_id, found.entries, found.damaged_at) == (ONE, (ENTRY, ENTRY), None)


def test_the_file_says_whose_it_is_and_not_the_key(kept: Transcripts) -> None:
    file = key_of(kept)
    assert json.loads(file)["session_id"] == ONE
    assert json.loads(file)["exported_at"] == "2027-01-15T08:00:00.000Z"
    assert kept.key_of(ONE).reveal().hex().encode() not in file
    assert unlock(file, WORDS)[1] == kept.key_of(ONE)


def test_another_transcript_does_not_open(kept: Transcripts) -> None:
    assert refusal(kept._directory / TWO, key_of(kept)) == "transcript_unreadable"


def test_another_passphrase_does_not_open(kept: Transcripts) -> None:
    assert refusal(kept._directory / ONE, key_of(kept), Secret(b"x")) == "passphrase_wrong"


def test_what_is_damaged_is_shown_as_far_as_it_goes(kept: Transcripts, tmp_path: Path) -> None:
    data = (kept._directory / ONE).read_bytes()
    (tmp_path / "one").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    found = open_transcript(tmp_path / "one", key_of(kept), WORDS)
    assert (len(found.entries), found.damaged_at) == (1, 2)


def test_a_file_that_is_not_there_is_named(kept: Transcripts, tmp_path: Path) -> None:
    assert refusal(tmp_path / "nothing", key_of(kept)) == "file_unreadable"


@FUZZ
@given(data=st.binary(max_size=50), place=st.integers(0, 400))
def test_a_damaged_key_file_opens_nothing(kept: Transcripts, data: bytes, place: int) -> None:
    good = key_of(kept)
    spoilt = good[:place] + data + good[place + 1 :]
    try:
        _, key = unlock(spoilt, WORDS)
    except AgentMeshError:
        return
    assert key == kept.key_of(ONE)  # only what people read was hit
