"""The calls on peers known from elsewhere."""

import pytest

from agentmesh.errors import NotPermitted
from tests.unit.daemon.conftest import House

NOVA = {"former_id": "p2p:1", "alias": "Nova", "description": "helps", "note": "research"}


async def test_they_are_kept_listed_and_bound(house: House) -> None:
    assert await house.ask("acquaintances.add", peers=[NOVA]) == {"added": ["p2p:1"]}
    (listed,) = (await house.ask("acquaintances.list"))["acquaintances"]
    assert {name: listed[name] for name in NOVA} == NOVA
    assert listed["approved"] is False
    bound = await house.ask("acquaintances.bind", known_as="Nova", peer=house.pair.low.amid)
    assert bound["contact"]["trust"] == 1
    assert (await house.ask("acquaintances.list"))["acquaintances"] == []
    assert "peer_trust_changed" in house.pair.high.kinds()


async def test_nobody_becomes_a_contact_of_its_own(house: House) -> None:
    await house.ask("acquaintances.add", peers=[NOVA])
    with pytest.raises(NotPermitted):
        await house.ask("acquaintances.bind", known_as="Nova", peer=house.pair.high.amid)
