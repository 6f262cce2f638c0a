import pytest

from agentmesh.storage.interface import Change, Put
from agentmesh.storage.volatile import VolatileStore
from tests.support.stores import ONE, session


class Unknown(Change, frozen=True):
    """Nothing a store knows."""


async def test_a_commit_that_fails_changes_nothing() -> None:
    async with VolatileStore() as store:
        with pytest.raises(KeyError):
            await store.commit([Put(session()), Unknown()])
        assert await store.session(ONE) is None


async def test_each_store_is_its_own() -> None:
    async with VolatileStore() as one, VolatileStore() as other:
        await one.commit([Put(session())])
        assert await other.session(ONE) is None
