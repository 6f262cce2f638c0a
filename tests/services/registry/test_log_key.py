"""The log's key is made once, for the owner's eyes, and never replaced."""

from pathlib import Path

import pytest
from agentmesh_registry.log_key import HeadSigner, open_key

from agentmesh.errors import AgentMeshError, StorageError, UsageError
from agentmesh.protocol.merkle import Frontier, leaf_hash
from agentmesh.protocol.transparency import read_head
from tests.support.world import FakeClock, FakeEntropy


def test_a_key_is_made_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "log-key"
    key = open_key(path, FakeEntropy("one"))
    assert path.stat().st_mode & 0o777 == 0o600
    assert bytes(open_key(path, FakeEntropy("two"))) == bytes(key)
    assert [it.name for it in path.parent.iterdir()] == ["log-key"]


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "log-key"
    open_key(path, FakeEntropy())
    path.chmod(0o640)
    with pytest.raises(UsageError, match="Others can read"):
        open_key(path, FakeEntropy())


def test_a_damaged_key_is_not_replaced(tmp_path: Path) -> None:
    path = tmp_path / "log-key"
    path.write_bytes(b"short")
    with pytest.raises(UsageError, match="holds no key"):
        open_key(path, FakeEntropy())
    assert path.read_bytes() == b"short"


def test_a_place_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StorageError) as caught:
        open_key(tmp_path / "file" / "log-key", FakeEntropy())
    assert isinstance(caught.value, AgentMeshError)
    assert "--log-key" in caught.value.hint


def test_a_head_says_how_the_trees_stand_and_when(tmp_path: Path) -> None:
    clock = FakeClock(1000.5)
    signer = HeadSigner(open_key(tmp_path / "log-key", FakeEntropy()), clock)
    grown, _ = Frontier().grown(leaf_hash(b"one"))
    signed = signer.head(grown, Frontier())
    head = read_head(signed)
    assert signed.signer == signer.public_key
    assert (head.entries_stand, head.revocations_stand) == (grown.stand, Frontier().stand)
    assert head.timestamp == 1_000_000
    assert signer.head(grown, Frontier()) is signed
    clock.advance(1)
    assert read_head(signer.head(grown, Frontier())).timestamp == 1_001_000
