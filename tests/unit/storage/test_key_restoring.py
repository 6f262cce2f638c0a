"""Keys out of a backup: the same as before, and never in another's place."""

from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import Cost
from agentmesh.errors import UsageError
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.key_sealing import SavedKeys
from tests.support.world import FakeClock, FakeEntropy


class Desktop:
    """A keyring in memory."""

    def __init__(self, **held: bytes) -> None:
        self.held = {name: Secret(it) for name, it in held.items()}

    def write(self, name: str, secret: Secret) -> None:
        self.held[name] = secret

    def read(self, name: str) -> Secret | None:
        return self.held.get(name)

    def erase(self, name: str) -> None:
        self.held.pop(name, None)


def means(keyring: Desktop) -> Means:
    return Means(
        clock=FakeClock(),
        entropy=FakeEntropy(),
        keyring=keyring,
        passphrase=Secret(b"words"),
        cost=Cost((1, 8)),
    )


@pytest.fixture
def saved(tmp_path: Path) -> SavedKeys:
    return KeyFiles(tmp_path / "before", means(Desktop())).ensure("file").saved()


@pytest.mark.parametrize("choice", ["file", "passphrase", "keyring", "auto"])
def test_what_comes_back_is_what_was_saved(saved: SavedKeys, tmp_path: Path, choice: str) -> None:
    keyring = Desktop()
    keys = KeyFiles(tmp_path / "keys", means(keyring))
    keys.restore(saved, choice)  # type: ignore[arg-type]
    again = KeyFiles(tmp_path / "keys", means(keyring)).open()
    assert again.first_exchange is None
    assert again.saved() == SavedKeys(
        seed=saved.seed,
        master=saved.master,
        created_at=saved.created_at,
        storage="keyring" if choice == "auto" else choice,  # type: ignore[arg-type]
    )


def test_keys_that_are_there_stay(saved: SavedKeys, tmp_path: Path) -> None:
    keys = KeyFiles(tmp_path / "before", means(Desktop()))
    with pytest.raises(UsageError) as caught:
        keys.restore(saved, "file")
    assert caught.value.code == "identity_exists"
    assert keys.open().saved() == saved


def test_what_opens_another_home_stays_in_the_keyring(saved: SavedKeys, tmp_path: Path) -> None:
    amid = KeyFiles(tmp_path / "before", means(Desktop())).open().identity.amid
    keyring = Desktop(**{amid: b"m" * 32})
    keys = KeyFiles(tmp_path / "keys", means(keyring))
    with pytest.raises(UsageError) as caught:
        keys.restore(saved, "auto")
    assert caught.value.code == "keyring_entry_exists"
    assert keyring.held[amid] == Secret(b"m" * 32)
    assert not keys.exist()
    assert keys.restore(saved, "passphrase").saved().master == saved.master


def test_what_is_saved_is_never_printed(saved: SavedKeys) -> None:
    assert repr(saved) == "SavedKeys(…)"
