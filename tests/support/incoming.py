"""A node's ear that writes down what a transport tells it, and can be waited for."""

import asyncio
from collections.abc import Callable, Sequence

from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol.ids import FrameId
from agentmesh.protocol.relay_frames import ConnectClaim
from agentmesh.protocol.signed import Purpose, Signed, sign
from agentmesh.transport.caller import Caller
from agentmesh.transport.interface import Arrival
from tests.support.patience import PATIENCE
from tests.support.relay_client import amid_called, key_of


class RecordingIncoming:
    """See `Incoming`."""

    def __init__(self) -> None:
        self.arrivals: list[Arrival] = []
        self.kept: list[FrameId] = []
        self.connects = self.missed = 0
        self.found: list[str] = []
        self._news = asyncio.Event()

    def arrived(self, arrivals: Sequence[Arrival]) -> None:
        self.arrivals.extend(arrivals)
        self._news.set()

    def acked(self, frame_ids: Sequence[FrameId]) -> None:
        self.kept.extend(frame_ids)
        self._news.set()

    def connected(self, relay: str, *, is_missed: bool) -> None:
        self.connects += 1
        self.missed += is_missed
        self._news.set()

    def reached(self, origin: str) -> None:
        self.found.append(origin)
        self._news.set()

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something was told that makes it so."""
        async with asyncio.timeout(PATIENCE):
            while not is_so():
                self._news.clear()
                await self._news.wait()


def caller_called(name: str, **changes: object) -> Caller:
    """Return how the agent of this name dials."""

    def sign_claim(claim: ConnectClaim) -> Signed:
        return sign(claim, Purpose.CONNECT, key_of(name))

    fields: dict[str, object] = {
        "amid": amid_called(name),
        "sign": sign_claim,
        "clock": SystemClock(),
        "entropy": system_entropy,
        "private_relays": True,
    }
    return Caller(**{**fields, **changes})  # type: ignore[arg-type] # tests break it
