import asyncio
from collections.abc import Sequence

import pytest

from agentmesh.crypto.suites import OLM, PQXDH_DR, X3DH_ONLY
from agentmesh.errors import StorageError, UsageError
from agentmesh.node import suite_pins
from agentmesh.node.suite_pins import Pin, SuitePins
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import Change
from agentmesh.storage.volatile import VolatileStore
from tests.support.world import FakeClock

PEER, OTHER = Amid("peer"), Amid("other")


class FullStore(VolatileStore):
    async def commit(self, changes: Sequence[Change]) -> None:
        raise StorageError("disk_full")


@pytest.fixture
def store() -> VolatileStore:
    return VolatileStore()


@pytest.fixture
def pins(store: VolatileStore) -> SuitePins:
    return SuitePins(store, FakeClock())


async def test_nobody_is_allowed_anything_weak_by_itself(pins: SuitePins) -> None:
    assert await pins.of(PEER) == Pin()
    assert await pins.allowed() == {}


async def test_a_permission_is_for_one_peer_and_survives_a_restart(
    pins: SuitePins, store: VolatileStore
) -> None:
    assert (await pins.allow(PEER, "")).allowed == (OLM, X3DH_ONLY)
    again = SuitePins(store, FakeClock())
    assert (await again.of(PEER)).allowed == (OLM, X3DH_ONLY)
    assert await again.allowed() == {PEER: (OLM, X3DH_ONLY)}
    assert await again.of(OTHER) == Pin()


async def test_the_strongest_suite_is_the_pin(pins: SuitePins, store: VolatileStore) -> None:
    for suite, pinned in ((X3DH_ONLY, X3DH_ONLY), (PQXDH_DR, PQXDH_DR), (OLM, PQXDH_DR)):
        await store.commit(await pins.chosen(PEER, suite))
        assert (await pins.of(PEER)).strongest == pinned


async def test_only_a_word_that_names_the_weaker_suite_lowers_a_pin(
    pins: SuitePins, store: VolatileStore
) -> None:
    await store.commit(await pins.chosen(PEER, PQXDH_DR))
    with pytest.raises(UsageError) as caught:
        await pins.allow(PEER, "")
    assert caught.value.code == "suite_pinned"
    assert "--suite" in caught.value.hint
    assert await pins.of(PEER) == Pin(strongest=PQXDH_DR)
    assert await pins.allow(PEER, OLM) == Pin(strongest=OLM, allowed=(OLM,))


async def test_a_permission_taken_back_leaves_the_pin(
    pins: SuitePins, store: VolatileStore
) -> None:
    await store.commit(await pins.chosen(PEER, OLM))
    await pins.allow(PEER, X3DH_ONLY)
    assert await pins.forbid(PEER) == Pin(strongest=X3DH_ONLY)
    await pins.forbid(OTHER)
    assert [card.name for card in await store.cards(suite_pins.DRAWER)] == [PEER]


async def test_what_could_not_be_saved_is_not_believed() -> None:
    store = FullStore()
    pins = SuitePins(store, FakeClock())
    with pytest.raises(StorageError):
        await pins.allow(PEER, OLM)
    assert await pins.of(PEER) == Pin()
    await pins.chosen(PEER, PQXDH_DR)
    pins.doubt(PEER)
    assert await pins.of(PEER) == Pin()


async def test_a_word_that_is_being_saved_is_not_lost_to_the_next_one(
    pins: SuitePins, store: VolatileStore
) -> None:
    await asyncio.gather(pins.allow(PEER, OLM), pins.forbid(PEER))
    later = await pins.chosen(PEER, PQXDH_DR)
    await store.commit(later)
    assert await SuitePins(store, FakeClock()).of(PEER) == Pin(strongest=PQXDH_DR)


async def test_only_so_many_are_at_hand_and_none_is_forgotten(
    pins: SuitePins, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(suite_pins, "MAX_AT_HAND", 2)
    peers = [Amid(f"peer {number}") for number in range(4)]
    for peer in peers:
        await pins.allow(peer, OLM)
    assert len(pins._pins) == 2
    assert [(await pins.of(peer)).allowed for peer in peers] == [(OLM,)] * 4
