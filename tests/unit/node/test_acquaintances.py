"""Peers known from somewhere else."""

import pytest

from agentmesh.errors import UsageError
from agentmesh.node.acquaintances import MAX_KEPT, Acquaintance, Acquaintances
from tests.support.node_pair import Pair


def of(pair: Pair) -> Acquaintances:
    node = pair.high
    return Acquaintances(node.store, node.peers, node.consent.remarks, node.clock)


def known(former_id: str, alias: str = "", **more: str) -> Acquaintance:
    return Acquaintance(former_id=former_id, alias=alias, added_at=1.0, approved=True, **more)


async def test_they_are_no_contacts_and_cannot_be_found_by_name(pair: Pair) -> None:
    await of(pair).add([known("p2p:1", "Nova")])
    assert await pair.high.peers.contacts() == []
    with pytest.raises(UsageError):
        await pair.high.peers.find("Nova")


async def test_who_is_met_becomes_a_contact_with_the_words_written_elsewhere(pair: Pair) -> None:
    room = of(pair)
    await room.add([known("p2p:1", "Nova", description="helps", note="research"), known("p2p:2")])
    row = await room.bind("nova", pair.low.amid)
    assert (row.alias, row.description, row.trust) == ("Nova", "helps", 1)
    assert row.verified_at is None
    assert (await pair.high.consent.remarks.about(pair.low.amid)).note == "research"
    assert [it.former_id for it in await room.all()] == ["p2p:2"]


async def test_a_name_that_is_taken_here_can_be_another(pair: Pair) -> None:
    room = of(pair)
    await pair.high.peers.describe(pair.high.amid, alias="Nova")
    await room.add([known("p2p:1", "Nova")])
    with pytest.raises(UsageError) as caught:
        await room.bind("p2p:1", pair.low.amid)
    assert caught.value.code == "alias_taken"
    assert len(await room.all()) == 1, "nothing was half done"
    assert (await room.bind("p2p:1", pair.low.amid, "Nova 2")).alias == "Nova 2"


async def test_two_of_one_name_are_told_apart_by_their_ids(pair: Pair) -> None:
    room = of(pair)
    await room.add([known("p2p:1", "Nova"), known("p2p:2", "NOVA")])
    with pytest.raises(UsageError) as caught:
        await room.bind("nova", pair.low.amid)
    assert caught.value.code == "ambiguous_acquaintance"
    with pytest.raises(UsageError) as caught:
        await room.bind("", pair.low.amid)
    assert caught.value.code == "unknown_acquaintance"


async def test_whoever_is_known_or_was_met_stays_as_it_is(pair: Pair) -> None:
    room = of(pair)
    assert len(await room.add([known("p2p:1", "Nova"), known("p2p:2", "Eve")])) == 2
    await room.bind("Nova", pair.low.amid)
    assert await room.add([known("p2p:1", "Other"), known("p2p:2", "Other")]) == []
    assert [it.alias for it in await room.all()] == ["Eve"]


async def test_words_that_a_contact_has_here_stay(pair: Pair) -> None:
    room, here = of(pair), pair.high
    await here.peers.describe(pair.low.amid, alias="mine", description="my words")
    await here.peers.trust(pair.low.amid, 3)
    await here.consent.remarks.note(pair.low.amid, "my note")
    await room.add([known("p2p:1", "Nova", description="theirs", note="their note")])
    row = await room.bind("Nova", pair.low.amid)
    assert (row.alias, row.description, row.trust) == ("mine", "my words", 3)
    assert (await here.consent.remarks.about(pair.low.amid)).note == "my note"


async def test_who_was_taken_for_somebody_else_can_be_named_again_by_its_id(pair: Pair) -> None:
    room = of(pair)
    await room.add([known("p2p:1", "Nova")])
    await room.bind("Nova", pair.high.amid)
    with pytest.raises(UsageError):
        await room.bind("Nova", pair.low.amid)
    assert (await room.bind("p2p:1", pair.low.amid, "Nova 2")).amid == pair.low.amid


async def test_too_many_are_refused_whole(pair: Pair) -> None:
    room = of(pair)
    with pytest.raises(UsageError):
        await room.add([known(f"p2p:{number}") for number in range(MAX_KEPT + 1)])
    assert await room.all() == []
