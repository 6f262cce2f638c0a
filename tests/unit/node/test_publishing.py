"""What others can find of us, whatever becomes of the registry."""

import pytest

from agentmesh.errors import Refused, TransportError
from agentmesh.node.publishing import LONGEST_PAUSE
from tests.support.node_pair import Pair


async def test_a_registry_that_lost_what_it_knew_is_told_again(pair: Pair) -> None:
    node = pair.low
    node.directory.shelf.records.clear()
    node.directory.shelf.one_time[node.amid].clear()
    with pytest.raises(Refused):
        await node.publisher._publish()
    await node.publisher._publish()
    assert node.amid in node.directory.shelf.records
    assert node.directory.shelf.one_time[node.amid]


async def test_other_refusals_do_not_register_anew(pair: Pair) -> None:
    node = pair.low
    node.directory.asked.clear()
    node.directory.fails_with = Refused("not_permitted")
    with pytest.raises(Refused):
        await node.publisher._publish()
    node.directory.fails_with = None
    await node.publisher._publish()
    assert node.directory.asked == ["set_status", "set_status"]


async def test_a_registry_that_is_away_for_months_is_asked_with_bounded_pauses(pair: Pair) -> None:
    publisher = pair.low.publisher
    publisher._failures = 100_000
    assert LONGEST_PAUSE / 2 <= publisher._pause() <= LONGEST_PAUSE


async def test_what_waits_for_the_registry_goes_on_as_soon_as_it_is_back(pair: Pair) -> None:
    node = pair.low
    node.directory.fails_with = TransportError("registry_unreachable")
    said = await node.say(pair.high, "hello")
    async with node.publisher as publisher:
        await publisher.first_try(5)
        await pair.settle()
        assert await node.fate_of(said) == ("queued", "registry_unreachable")
        node.directory.fails_with = None
        publisher.show("online")
        await pair.settle()
    assert await pair.high.texts() == ["hello"]
