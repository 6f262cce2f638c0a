"""What others can find of us, whatever becomes of the registry."""

import pytest

from agentmesh.errors import Refused
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
