"""What ties certificates to a session: kept from its handshake, as long as it lasts."""

import hashlib

import msgspec

from agentmesh.protocol.certificates.contents import new_serial
from agentmesh.protocol.certificates.session import Bound, bound
from agentmesh.protocol.frames import Handshake
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.limits import SESSION_CERTIFICATE_SECONDS
from agentmesh.session.keyring import KeyRing


class Bond(msgspec.Struct, frozen=True):
    """What our certificates of a session are bound to, and the peer's; and what we showed last.

    `shown` tells which chain, `until` until when its session's certificate holds.
    """

    ephemeral: bytes
    ours: bytes
    theirs: bytes
    shown: bytes = b""
    until: int = 0

    def of_peer(self, session_id: SessionId) -> Bound:
        """Return what the peer's certificates of this session say."""
        return Bound(session_id, self.ephemeral, self.theirs)


def bond(session_id: SessionId, handshake: Handshake, peer: Amid, keys: KeyRing) -> Bond:
    """Return the bond of a handshake; nothing was shown yet."""
    us = keys.identity.amid
    ours = bound(session_id, handshake, us, peer)
    theirs = bound(session_id, handshake, peer, us)
    return Bond(handshake.ephemeral, ours.binding, theirs.binding)


def show(session_id: SessionId, tie: Bond, keys: KeyRing) -> tuple[Bond, tuple[bytes, ...]]:
    """Return our chain, if there is one, with a fresh certificate of this session before it."""
    if not keys.certificates:
        return tie, ()
    now = keys.clock.now()
    this = Bound(session_id, tie.ephemeral, tie.ours)
    fresh = keys.identity.certify(this, new_serial(keys.entropy), now)
    until = int(now) + SESSION_CERTIFICATE_SECONDS
    shown = msgspec.structs.replace(tie, shown=digest(keys.certificates), until=until)
    return shown, (fresh, *keys.certificates)


def digest(chain: tuple[bytes, ...]) -> bytes:
    """Return what tells one chain from another."""
    return hashlib.sha256(b"".join(chain)).digest()
