"""Which breakers are on, and how that looks to others."""

from agentmesh.node.switches import PAUSED, STOPPED, Switches
from agentmesh.storage.interface import SetValue
from agentmesh.storage.volatile import VolatileStore


def test_how_we_look_follows_from_the_switches() -> None:
    assert Switches().presence == "online"
    assert Switches(paused=True).presence == "dnd"
    assert Switches(paused=True, stopped=True).presence == "offline"


async def test_switches_are_as_they_were_left() -> None:
    store = VolatileStore()
    assert await Switches.load(store) == Switches()
    await store.commit([SetValue(PAUSED, b"1"), SetValue(STOPPED, b"1")])
    assert await Switches.load(store) == Switches(paused=True, stopped=True)
