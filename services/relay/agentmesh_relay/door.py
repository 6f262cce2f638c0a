"""Who may come in: the challenge, and what makes an answer to it good."""

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.protocol import limits, signed
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Challenge, Connect, ConnectClaim
from agentmesh.protocol.signed import Purpose
from agentmesh.protocol.world import Clock, Entropy


class Door:
    """Greets and checks. It keeps nothing: an answer fits the nonce of one connection."""

    def __init__(self, origin: str, clock: Clock, entropy: Entropy) -> None:
        self._origin = origin
        self._clock = clock
        self._entropy = entropy

    def challenge(self) -> Challenge:
        """Return a fresh challenge."""
        return Challenge(
            nonce=self._entropy(32),
            relay=self._origin,
            time=int(self._clock.now() * 1000),
            protocols=(limits.PROTOCOL,),
        )

    def admit(self, connect: Connect, challenge: Challenge) -> Amid:
        """Return who that is, or raise `RemoteProtocolError` with one of the wire's error codes."""
        try:
            claim = signed.read(connect.signed, ConnectClaim, Purpose.CONNECT)
        except CryptoError:
            raise RemoteProtocolError("INVALID_SIGNATURE") from None
        except RemoteProtocolError:
            raise RemoteProtocolError("INVALID_MESSAGE") from None
        if claim.protocol not in challenge.protocols:
            raise RemoteProtocolError("PROTOCOL_MISMATCH")
        if claim.amid != connect.signed.amid:
            raise RemoteProtocolError("AMID_MISMATCH")
        # An answer to another relay, or to another challenge of ours.
        if claim.relay != challenge.relay or claim.nonce != challenge.nonce:
            raise RemoteProtocolError("UNAUTHORIZED")
        age = self._clock.now() - claim.timestamp / 1000
        if not -limits.SIGNATURE_MAX_AHEAD <= age <= limits.SIGNATURE_MAX_AGE:
            raise RemoteProtocolError("TIMESTAMP_EXPIRED")
        return claim.amid
