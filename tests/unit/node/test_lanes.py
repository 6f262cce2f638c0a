"""What waits for its turn: neighbours that want the same go together."""

import asyncio

import pytest

from agentmesh.errors import IntegrityError, TransportError
from agentmesh.node.lanes import Lane, Waiting, fail, together
from agentmesh.node.turn import Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid

ONE, OTHER = (Wish(intent=Intent(category=it), request=SessionRequest()) for it in ("a", "b"))


async def waiting(wish: Wish | None) -> Waiting:
    return Waiting(asyncio.get_running_loop().create_future(), wish=wish)


async def test_neighbours_with_the_same_wish_go_together_and_the_order_stays() -> None:
    batch = [await waiting(wish) for wish in (ONE, ONE, OTHER, None, None, ONE)]
    assert together(batch) == [batch[:2], [batch[2]], [batch[3]], [batch[4]], [batch[5]]]


async def test_a_bug_of_ours_is_told_as_one() -> None:
    ours, theirs = await waiting(ONE), await waiting(ONE)
    fail(ours, KeyError("oops"))
    fail(theirs, TransportError("peer_busy"))
    fail(theirs, TransportError("another"))
    with pytest.raises(IntegrityError, match="A bug of ours"):
        await ours.done
    with pytest.raises(TransportError, match="peer_busy"):
        await theirs.done


async def test_a_lane_is_idle_when_nothing_waits() -> None:
    lane = Lane(Amid("x"))
    assert lane.is_idle
    lane.waiting.append(await waiting(ONE))
    assert not lane.is_idle
