"""Another identity in ours' place: kept as ours was, under the same master."""

import pytest

from agentmesh.identity.keys import Identity
from agentmesh.storage.draft_keys import PUBLIC
from agentmesh.storage.key_files import SEALED, Choice, KeyFiles, Means
from tests.unit.storage.test_key_files import PASSPHRASE, MemoryKeyring, keyring, means

__all__ = ["keyring", "means"]

NEW = Identity.make(lambda count: b"n" * count)


@pytest.mark.parametrize("choice", ["keyring", "passphrase", "file"])
def test_it_is_kept_as_ours_was(
    tmp_path_factory: pytest.TempPathFactory,
    means: Means,
    keyring: MemoryKeyring,
    choice: Choice,
) -> None:
    folder = tmp_path_factory.mktemp("home") / "keys"
    files = KeyFiles(folder, means)
    old = files.ensure(choice)
    fresh = files.succeed(old, NEW, 7.0)
    opened = files.open()
    for keys in (fresh, opened):
        assert (keys.identity.amid, keys.storage) == (NEW.amid, old.storage)
        assert keys.master == old.master
        assert (keys.public.amid, keys.first_exchange) == (NEW.amid, None)
        assert (keys.public.framework, keys.public.framework_version) == ("claw", "1")
    assert set(keyring.kept) == ({NEW.amid} if choice == "keyring" else set())
    assert {it.name for it in folder.iterdir()} == {SEALED, PUBLIC}
    assert {it.stat().st_mode & 0o777 for it in folder.iterdir()} == {0o600}
    assert PASSPHRASE.reveal() not in (folder / SEALED).read_bytes()


def test_a_keyring_that_is_locked_leaves_everything_as_it_was(
    tmp_path_factory: pytest.TempPathFactory,
    means: Means,
    keyring: MemoryKeyring,
) -> None:
    files = KeyFiles(tmp_path_factory.mktemp("home") / "keys", means)
    old = files.ensure("keyring")
    keyring.locked = True
    with pytest.raises(Exception, match="locked"):
        files.succeed(old, NEW, 7.0)
    keyring.locked = False
    assert files.open().identity.amid == old.identity.amid
