"""A session's certificate: made by the agent itself, for one handshake, for a day at most.

It is no part of the chain's path: an agent is no authority. Its key is the handshake's ephemeral
key, and what it is bound to are the KNOCK's id, who shows it, to whom, and the whole handshake.
Each side has its own.
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


class Bound(msgspec.Struct, frozen=True):
    """What certificates of one side of a session say: its id, its key, what they are bound to."""

    session_id: SessionId
    ephemeral: bytes
    binding: bytes


def bound(session_id: SessionId, handshake: Handshake, sender: Amid, to: Amid) -> Bound:
    """Return what a certificate says that `sender` shows `to` in the session of this handshake."""
    said = (session_id, sender, to, handshake)
    digest = hashlib.sha256(_BINDING + msgspec.msgpack.encode(said)).digest()
    return Bound(session_id, handshake.ephemeral, digest)


def mint(this: Bound, key: bytes, serial: int, now: float, sign: Sign) -> bytes:
    """Return a certificate for a session, signed by the agent whose key this is."""
    contents = Contents(
        kind="session",
        serial=serial,
        name=this.session_id,
        key=this.ephemeral,
        issuer=amid_of(key),
        issuer_id=key_id(key),
        not_before=int(now),
        not_after=int(now) + SESSION_CERTIFICATE_SECONDS,
        binding=this.binding,
    )
    return write(contents, sign)


def check_session(data: bytes, this: Bound, key: bytes, now: float) -> int:
    """Return until when a certificate holds, if it is of this very session and holds now."""
    found = read(data)
    said = found.contents
    expected = ("session", this.session_id, this.ephemeral, this.binding)
    is_of_this = (said.kind, said.name, said.key, said.binding) == expected
    is_by_agent = (said.issuer, said.issuer_id) == (amid_of(key), key_id(key))
    if not is_of_this or not is_by_agent or not found.is_signed_by(key):
        raise invalid()
    check_time(said.not_before, said.not_after, now)
    return said.not_after
