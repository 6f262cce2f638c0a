"""Which breakers are on. They survive restarts."""

from dataclasses import dataclass, field

from agentmesh.protocol.bounded import Status
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import Store

PAUSED, STOPPED, EMERGENCY = "breaker/paused", "breaker/stopped", "breaker/emergency"


@dataclass
class Switches:
    """Which breakers are on; `paused_peers` are looked after by `guard/trips.py`."""

    paused: bool = False
    shut_down: bool = False
    emergency: bool = False
    paused_peers: set[Amid] = field(default_factory=set)

    @property
    def stopped(self) -> bool:
        """Whether nothing may leave this machine."""
        return self.shut_down or self.emergency

    @property
    def presence(self) -> Status:
        """How we look to others."""
        if self.stopped:
            return "offline"
        return "dnd" if self.paused else "online"

    @classmethod
    async def load(cls, store: Store) -> "Switches":
        """Return the switches as they were left."""
        paused, shut_down = await store.value(PAUSED), await store.value(STOPPED)
        emergency = await store.value(EMERGENCY)
        return cls(paused is not None, shut_down is not None, emergency is not None)


def switched_on(now: float) -> bytes:
    """Return the value of a switch that is on since now."""
    return str(int(now)).encode()


def since(value: bytes | None) -> float:
    """Return since when a switch is on; 0 if nobody wrote that down."""
    return float(value) if value and value.isdigit() else 0.0
