"""What waits in a lane."""

import asyncio

from agentmesh.node.lanes import Lane, Waiting, together
from agentmesh.node.turn import Turn
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid
from tests.support.node import CHAT, Wish

TRAVEL = Wish(intent=Intent(category="travel"), request=SessionRequest())


async def _job(_: Turn) -> None:
    pass


async def test_neighbours_with_the_same_wish_are_one_group() -> None:
    def waiting(wish: Wish | None) -> Waiting:
        done: asyncio.Future[object] = asyncio.get_running_loop().create_future()
        return Waiting(done, wish=wish) if wish else Waiting(done, _job)

    batch = [waiting(it) for it in (CHAT, CHAT, TRAVEL, None, None, CHAT)]
    assert [len(group) for group in together(batch)] == [2, 1, 1, 1, 1]
    assert [it for group in together(batch) for it in group] == batch


async def test_a_lane_is_idle_when_nothing_waits_and_nobody_works() -> None:
    lane = Lane(Amid("bob"))
    assert lane.is_idle
    lane.is_busy = True
    assert not lane.is_idle
