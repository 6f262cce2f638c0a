"""What a step needs of us: our keys, our name, what we can do, the time, and randomness."""

from dataclasses import dataclass

from agentmesh.crypto.secret import Secret
from agentmesh.identity.keys import Identity
from agentmesh.protocol.frames import Sender
from agentmesh.protocol.ids import FrameId, uuid7
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.world import Clock, Entropy


@dataclass(frozen=True, kw_only=True)
class KeyRing:
    """Handed to every step; replaced as a whole when the exchange key rotates."""

    identity: Identity
    exchange_key: Signed
    exchange_private: Secret
    suites: Signed
    sender: Sender
    offers: tuple[str, ...] = ()
    certificates: tuple[bytes, ...] = ()
    clock: Clock
    entropy: Entropy

    def milliseconds(self) -> int:
        """Return the wall time as the wire has it."""
        return int(self.clock.now() * 1000)

    def frame_id(self) -> FrameId:
        """Return a fresh frame id."""
        return FrameId(uuid7(self.clock.now(), self.entropy))
