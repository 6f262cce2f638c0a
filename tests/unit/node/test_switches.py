"""Which breakers are on, and how that looks to others."""

from agentmesh.node.switches import EMERGENCY, PAUSED, STOPPED, Switches
from agentmesh.storage.interface import SetValue
from agentmesh.storage.volatile import VolatileStore


def test_how_we_look_follows_from_the_switches() -> None:
    assert Switches().presence == "online"
    assert Switches(paused=True).presence == "dnd"
    assert Switches(paused=True, shut_down=True).presence == "offline"


async def test_switches_are_as_they_were_left() -> None:
    store = VolatileStore()
    assert await Switches.load(store) == Switches()
    await store.commit([SetValue(PAUSED, b"1"), SetValue(STOPPED, b"1")])
    assert await Switches.load(store) == Switches(paused=True, shut_down=True)
    await store.commit([SetValue(STOPPED, b""), SetValue(EMERGENCY, b"1")])
    assert await Switches.load(store) == Switches(paused=True, emergency=True)


def test_what_is_shut_down_or_in_an_emergency_is_stopped() -> None:
    assert not Switches(paused=True).stopped
    assert Switches(shut_down=True).stopped
    assert Switches(emergency=True).presence == "offline"
