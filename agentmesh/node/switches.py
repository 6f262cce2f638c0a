"""Which breakers are on. They survive restarts."""

from dataclasses import dataclass

from agentmesh.protocol.bounded import Status
from agentmesh.storage.interface import Store

PAUSED, STOPPED = "breaker/paused", "breaker/stopped"


@dataclass
class Switches:
    """Which breakers are on."""

    paused: bool = False
    stopped: bool = False

    @property
    def presence(self) -> Status:
        """How we look to others."""
        if self.stopped:
            return "offline"
        return "dnd" if self.paused else "online"

    @classmethod
    async def load(cls, store: Store) -> "Switches":
        """Return the switches as they were left."""
        paused, stopped = await store.value(PAUSED), await store.value(STOPPED)
        return cls(paused is not None, stopped is not None)
