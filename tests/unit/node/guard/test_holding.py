"""Frames for a paused peer stay where they are; everything else goes on."""

from agentmesh.node.errands import Again
from agentmesh.node.guard.holding import held_for_paused
from agentmesh.node.switches import Switches
from agentmesh.storage.interface import ErrandRow
from tests.support.stores import BOB, errand


async def test_frames_for_a_paused_peer_wait_and_others_do_not() -> None:
    switches, ran = Switches(), []

    async def run(row: ErrandRow) -> None:
        ran.append(row.errand_id)

    table = held_for_paused({"message": run, "resolve": run}, switches)
    assert await table["message"](errand("one")) is None
    switches.paused_peers.add(BOB)
    assert isinstance(await table["message"](errand("two")), Again)
    assert await table["resolve"](errand("three")) is None
    assert ran == ["one", "three"]
