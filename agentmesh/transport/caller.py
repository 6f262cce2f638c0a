"""Who dials a relay, and how it proves that to the right one."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field

from agentmesh.errors import TransportError
from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Challenge, Connect, ConnectClaim
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.transport.interface import Sign
from agentmesh.transport.lookups import Lookups


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Our side of every link.

    `heard`: is told what time a relay says it is. `tls`: what to trust besides the system's
    authorities. `private_relays`: whether a relay that a peer names may be on this machine or in a
    private network, and may do without TLS. `lookups`: finds the others.
    """

    amid: Amid
    sign: Sign
    clock: Clock
    entropy: Entropy
    heard: Callable[[float], None] = lambda _: None
    tls: ssl.SSLContext | None = None
    private_relays: bool = False
    lookups: Lookups = field(default_factory=Lookups)

    def answer(self, challenge: Challenge, origin: str) -> Connect:
        """Return the answer to the challenge of the relay that was dialled at `origin`."""
        if challenge.relay != origin:
            # It may be passing on the challenge of another relay, to speak there in our name.
            raise TransportError(
                "relay_origin_mismatch",
                f"The relay at {origin} says that it is {challenge.relay[:80]!r}.",
                "Dial it by the name it goes by, or correct the relay's --origin.",
            )
        if limits.PROTOCOL not in challenge.protocols:
            raise TransportError(
                "protocol_mismatch", f"The relay at {origin} does not speak {limits.PROTOCOL}."
            )
        claim = ConnectClaim(
            protocol=limits.PROTOCOL,
            amid=self.amid,
            relay=origin,
            nonce=challenge.nonce,
            timestamp=int(self.clock.now() * 1000),
        )
        return Connect(signed=self.sign(claim))
