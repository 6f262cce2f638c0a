"""A session's certificate: made by the agent itself, for one handshake, for a day at most.

It is no part of the chain's path: an agent is no authority. Its key is the handshake's ephemeral
key, and what it is bound to are the KNOCK's id, both parties and the whole handshake.
"""

import hashlib

import msgspec

from agentmesh.protocol.certificates.chain import check_time
from agentmesh.protocol.certificates.contents import Contents
from agentmesh.protocol.certificates.form import Sign, invalid, read, write
from agentmesh.protocol.certificates.names import key_id
from agentmesh.protocol.frames import Handshake
from agentmesh.protocol.ids import Amid, SessionId, amid_of
from agentmesh.protocol.limits import SESSION_CERTIFICATE_SECONDS

_BINDING = b"agentmesh/1 session-certificate\0"


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A handshake, and whose it is: `key` is the initiator's signing key."""

    session_id: SessionId
    key: bytes
    to: Amid
    handshake: Handshake

    @property
    def binding(self) -> bytes:
        """What a certificate of this session is bound to."""
        said = (self.session_id, amid_of(self.key), self.to, self.handshake)
        return hashlib.sha256(_BINDING + msgspec.msgpack.encode(said)).digest()


def mint(begun: Begun, serial: int, now: float, sign: Sign) -> bytes:
    """Return a certificate for this handshake, signed by the agent."""
    contents = Contents(
        kind="session",
        serial=serial,
        name=begun.session_id,
        key=begun.handshake.ephemeral,
        issuer=amid_of(begun.key),
        issuer_id=key_id(begun.key),
        not_before=int(now),
        not_after=int(now) + SESSION_CERTIFICATE_SECONDS,
        binding=begun.binding,
    )
    return write(contents, sign)


def check_session(data: bytes, begun: Begun, now: float) -> None:
    """Return if this is the certificate of this very handshake, and holds now."""
    found = read(data)
    said = found.contents
    expected = ("session", begun.session_id, begun.handshake.ephemeral, begun.binding)
    is_of_this = (said.kind, said.name, said.key, said.binding) == expected
    is_by_agent = (said.issuer, said.issuer_id) == (amid_of(begun.key), key_id(begun.key))
    if not is_of_this or not is_by_agent or not found.is_signed_by(begun.key):
        raise invalid()
    check_time(said.not_before, said.not_after, now)
