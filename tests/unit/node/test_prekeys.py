"""Prekeys that are used while we look after them."""

from collections.abc import Awaitable, Callable
from typing import get_args

import msgspec
import pytest

from agentmesh.discovery.interface import PrekeyCount
from agentmesh.identity.prekeys import MOST_BELIEVED, ids_before
from agentmesh.node.at_hand import AtHand
from agentmesh.node.key_rack import KeyRack
from agentmesh.node.notices import Bulletin
from agentmesh.node.prekeys import Prekeys
from agentmesh.node.switches import Switches
from agentmesh.policy.document import Policy
from agentmesh.protocol.records import PrekeyId, PrekeyUpload
from agentmesh.storage.interface import DropPrekey, PrekeyKind, PrekeyRow, Put
from agentmesh.storage.volatile import VolatileStore
from tests.support.directories import FakeDirectory
from tests.support.parties import party
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

CLOCK = FakeClock()

ALICE = party("alice", CLOCK)
Meanwhile = Callable[[], Awaitable[None]]


async def nothing() -> None:
    """Happen."""


class Registry(FakeDirectory):
    """Counts the one-time prekeys it has; something may happen while it takes new ones."""

    def __init__(self) -> None:
        super().__init__("registry", Registrant("alice"))
        self.one_time = 0
        self.meanwhile: Meanwhile = nothing
        self.last_ids = {"one_time": 1, "signed": 1, "kem": 1}

    async def publish_prekeys(self, upload: PrekeyUpload) -> PrekeyCount:
        self.one_time += len(upload.one_time)
        await self.meanwhile()
        return self._count("publish_prekeys")

    def _count(self, question: str) -> PrekeyCount:
        return PrekeyCount(
            one_time=self.one_time,
            last_one_time_id=max(self.one_time, self.last_ids["one_time"]),
            signed_prekey_id=self.last_ids["signed"],
            kem_prekey_id=self.last_ids["kem"],
            low_prekeys=False,
        )


class Store(VolatileStore):
    """Something may happen once, after the one-time prekeys were read."""

    meanwhile: Meanwhile | None = None

    async def prekeys(self, kind: PrekeyKind) -> list[PrekeyRow]:
        found = await super().prekeys(kind)
        if kind == "one_time" and self.meanwhile is not None:
            happen, self.meanwhile = self.meanwhile, None
            await happen()
        return found


async def prekeys_in(store: VolatileStore, registry: Registry) -> Prekeys:
    exchange = ALICE.prekeys["exchange"]
    row = PrekeyRow(
        kind="exchange",
        id=exchange.id,
        public=exchange.public,
        private=exchange.private.reveal(),
        created_at=exchange.created_at,
    )
    await store.commit([Put(row)])
    hand = AtHand(
        store=store,
        keys=KeyRack(store, ALICE.ring),
        policy=Policy,
        switches=Switches(),
        bulletin=Bulletin(),
    )
    return Prekeys(hand, registry)


async def test_a_prekey_that_serves_while_it_is_published_is_erased_for_good() -> None:
    store, registry = VolatileStore(), Registry()

    served: list[int] = []

    async def serve() -> None:
        served.append((await store.prekeys("one_time"))[0].id)
        await store.commit([DropPrekey("one_time", served[0])])

    registry.meanwhile = serve
    await (await prekeys_in(store, registry)).replenish()
    assert await store.prekey("one_time", served[0]) is None
    second = await store.prekey("one_time", served[0] + 1)
    assert second is not None
    assert second.published


async def test_a_prekey_that_serves_while_it_is_to_be_retired_is_erased_for_good() -> None:
    store, registry = Store(), Registry()
    prekeys = await prekeys_in(store, registry)
    await prekeys.replenish()

    async def serve() -> None:
        await store.commit([DropPrekey("one_time", 1)])

    registry.one_time -= 1
    store.meanwhile = serve
    await prekeys.replenish()
    assert await store.prekey("one_time", 1) is None


async def test_a_store_that_knows_of_no_keys_begins_above_all_that_a_lost_one_can_have_used() -> (
    None
):
    store = VolatileStore()
    prekeys = await prekeys_in(store, Registry())
    await prekeys.rotate()
    (signed,) = await store.prekeys("signed")
    assert signed.id > ids_before(signed.created_at - 1)
    assert await store.prekeys("one_time") == []  # not before it is known what the registry has


@pytest.mark.parametrize("claimed", [2**31, 2**31 - 1, MOST_BELIEVED + 1, 10**30, -(10**30)])
@pytest.mark.parametrize("kind", ["one_time", "signed", "kem"])
async def test_a_registry_cannot_use_up_our_numbers(kind: str, claimed: int) -> None:
    store, registry = VolatileStore(), Registry()
    registry.last_ids[kind] = claimed
    prekeys = await prekeys_in(store, registry)
    await prekeys.rotate()
    await prekeys.replenish()
    made = [row.id for each in get_args(PrekeyKind) for row in await store.prekeys(each)]
    assert max(made) < MOST_BELIEVED
    msgspec.convert(made, type=list[PrekeyId])  # what others take for the number of a prekey


def test_a_clock_that_is_far_ahead_uses_up_no_numbers_either() -> None:
    assert ids_before(10**12) == MOST_BELIEVED
