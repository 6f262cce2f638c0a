"""The key files follow the keys."""

from pathlib import Path

import msgspec
import pytest

from agentmesh.crypto import x25519
from agentmesh.crypto.secret import Secret
from agentmesh.daemon.key_folder import KeyFolder
from agentmesh.identity.keys import EXCHANGE, PublicIdentity, parse_key
from agentmesh.storage.draft_keys import PUBLIC
from agentmesh.storage.key_files import KeyFiles, Means
from tests.support.world import FakeClock, FakeEntropy

NEXT = x25519.public_key(Secret(b"n" * 32))


@pytest.fixture
def files(tmp_path: Path) -> KeyFiles:
    return KeyFiles(tmp_path / "keys", Means(clock=FakeClock(), entropy=FakeEntropy("keys")))


def exchange_key_in(directory: Path) -> bytes:
    public = msgspec.json.decode((directory / PUBLIC).read_bytes(), type=PublicIdentity)
    return parse_key(public.exchange_public_key, EXCHANGE)


def test_a_new_exchange_key_is_in_the_files_and_the_first_one_gone(
    tmp_path: Path, files: KeyFiles
) -> None:
    folder = KeyFolder(files, files.ensure("file"))
    folder.follow(NEXT)
    assert exchange_key_in(tmp_path / "keys") == NEXT
    assert files.open().first_exchange is None


def test_what_is_known_is_not_written_again(tmp_path: Path, files: KeyFiles) -> None:
    folder = KeyFolder(files, files.ensure("file"))
    assert folder.keys.first_exchange is not None
    (tmp_path / "keys" / PUBLIC).unlink()
    folder.follow(x25519.public_key(folder.keys.first_exchange))
    assert not (tmp_path / "keys" / PUBLIC).exists()
