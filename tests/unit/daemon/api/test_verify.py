"""The safety number over the control socket."""

from types import SimpleNamespace
from typing import cast

import pytest

from agentmesh.control import calls
from agentmesh.daemon.api.verify import verify
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.node.peers import CONTACT
from tests.support.node import Node
from tests.support.node_pair import Pair, node_pair


def rooms_of(node: Node) -> Rooms:
    return cast(
        "Rooms",
        SimpleNamespace(
            hand=node.hand,
            peers=node.peers,
            consent=node.consent,
            errands=node.errands,
            directory=node.directory,
            gatekeeper=node.gatekeeper,
        ),
    )


async def code_of(pair: Pair, peer: str, *, confirm: bool) -> str:
    with pytest.raises(AgentMeshError) as caught:
        await verify(rooms_of(pair.low), calls.Verify(peer=peer, confirm=confirm), "owner")
    return caught.value.code


async def test_both_sides_see_the_same_of_a_peer_that_only_the_directory_knows() -> None:
    async with node_pair() as pair:
        low = await verify(rooms_of(pair.low), calls.Verify(peer=pair.high.amid), "owner")
        high = await verify(rooms_of(pair.high), calls.Verify(peer=pair.low.amid), "owner")
    assert (low.number, low.emoji) == (high.number, high.emoji)
    assert len(low.number.split()) == 12
    assert len(low.emoji) == 7
    assert not low.verified


async def test_a_contact_is_verified_once_the_owner_confirms() -> None:
    async with node_pair() as pair:
        await pair.low.peers.trust(pair.high.amid, CONTACT)
        asked = calls.Verify(peer=pair.high.amid, confirm=True)
        assert (await verify(rooms_of(pair.low), asked, "owner")).verified
        (row,) = await pair.low.peers.contacts()
    assert row.verified_at == pair.clock.now()
    assert row.signing_key == pair.high.hand.keys.ring.identity.public_key
    assert "peer_verified" in pair.low.kinds()


async def test_confirming_lifts_a_changed_key() -> None:
    async with node_pair() as pair:
        await pair.low.peers.trust(pair.high.amid, CONTACT)
        await pair.low.consent.key_changes.suspect(pair.high.amid, UsageError("bundle_invalid"))
        await verify(rooms_of(pair.low), calls.Verify(peer=pair.high.amid), "owner")
        assert await pair.low.consent.key_changes.has(pair.high.amid)
        await verify(rooms_of(pair.low), calls.Verify(peer=pair.high.amid, confirm=True), "owner")
        assert not await pair.low.consent.key_changes.has(pair.high.amid)
        assert (await pair.low.say(pair.high, "hello")).outcome == "queued"


async def test_what_the_other_owner_shows_confirms_when_it_is_scanned() -> None:
    async with node_pair() as pair:
        await pair.low.peers.trust(pair.high.amid, CONTACT)
        theirs = await verify(rooms_of(pair.high), calls.Verify(peer=pair.low.amid), "owner")
        asked = calls.Verify(peer=pair.high.amid, scanned=theirs.text)
        assert (await verify(rooms_of(pair.low), asked, "owner")).verified


async def test_a_wrong_scan_confirms_nothing() -> None:
    async with node_pair() as pair:
        await pair.low.peers.trust(pair.high.amid, CONTACT)
        ours = await verify(rooms_of(pair.low), calls.Verify(peer=pair.high.amid), "owner")
        for scanned in (ours.text, "nonsense"):
            with pytest.raises(AgentMeshError):
                await verify(
                    rooms_of(pair.low), calls.Verify(peer=pair.high.amid, scanned=scanned), "owner"
                )
        (row,) = await pair.low.peers.contacts()
    assert row.verified_at is None


async def test_a_stranger_is_shown_but_not_confirmed() -> None:
    async with node_pair() as pair:
        assert await code_of(pair, pair.high.amid, confirm=True) == "not_a_contact"
        assert "peer_verified" not in pair.low.kinds()


async def test_nobody_is_compared_with_oneself() -> None:
    async with node_pair() as pair:
        assert await code_of(pair, pair.low.amid, confirm=False) == "peer_is_ourselves"
