"""Wherever a crash came, the old agent or the new one is whole."""

from pathlib import Path

import pytest

from agentmesh.crypto.vault import Cost
from agentmesh.daemon.successor import settled
from agentmesh.errors import StorageError
from agentmesh.identity.keys import Identity
from agentmesh.node.succeeded import Pending, keep, pending
from agentmesh.storage.interface import Store
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.open_keys import OpenKeys
from agentmesh.storage.volatile import VolatileStore
from tests.support.registrant import Registrant
from tests.support.stores import prekey
from tests.support.world import FakeClock, FakeEntropy

WORLD = FakeClock(), FakeEntropy("world")
NEW = Registrant("new")


class Home:
    """A home whose agent is about to be succeeded."""

    def __init__(self, folder: Path) -> None:
        means = Means(clock=WORLD[0], entropy=WORLD[1], cost=Cost((1, 8)))
        self.files = KeyFiles(folder / "keys", means)
        self.keys = self.files.ensure("file")
        self.store: Store = VolatileStore()

    def under_way(self, *, is_published: bool) -> Pending:
        return Pending(
            seed=bytes(NEW.key),
            exchange=prekey(77, kind="exchange"),
            created_at=5.0,
            revocation=Registrant("old").revocation("superseded", NEW),
            record=NEW.record(),
            is_published=is_published,
        )

    async def start(self) -> OpenKeys:
        """Return the keys of who a daemon is that starts now."""
        return await settled(self.files.open(), self.store, self.files, WORLD)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


async def test_who_has_no_successor_is_who_it_was(home: Home) -> None:
    assert (await home.start()).identity.amid == home.keys.identity.amid


async def test_what_the_registry_has_not_proved_changes_nothing(home: Home) -> None:
    await home.store.commit([keep(home.under_way(is_published=False))])
    assert (await home.start()).identity.amid == home.keys.identity.amid
    assert await pending(home.store) is not None


async def test_what_it_has_proved_is_carried_out_once(home: Home) -> None:
    await home.store.commit([keep(home.under_way(is_published=True))])
    now = await home.start()
    assert now.identity.amid == NEW.amid
    assert now.master == home.keys.master
    assert await pending(home.store) is None
    assert [row.id for row in await home.store.prekeys("exchange")] == [77]
    again = await home.start()
    assert (again.identity.amid, again.public.amid) == (NEW.amid, NEW.amid)


async def test_a_crash_between_the_files_and_the_store_goes_on(home: Home) -> None:
    await home.store.commit([keep(home.under_way(is_published=True))])
    identity = Identity.make(lambda _: bytes(NEW.key))
    home.files.succeed(home.keys, identity, 5.0)
    assert (await home.start()).identity.amid == NEW.amid
    assert await pending(home.store) is None


async def test_a_crash_in_the_middle_of_the_files_leaves_the_old_ones(home: Home) -> None:
    await home.store.commit([keep(home.under_way(is_published=True))])
    sealed = home.files._directory / "identity.sealed"

    def full(*_: object) -> None:
        raise StorageError("disk_full")

    home.files._write_sealed = full  # type: ignore[method-assign]
    with pytest.raises(StorageError):
        await settled(home.keys, home.store, home.files, WORLD)
    assert sealed.exists()
    del home.files._write_sealed
    assert home.files.open().identity.amid == home.keys.identity.amid
    assert (await home.start()).identity.amid == NEW.amid
