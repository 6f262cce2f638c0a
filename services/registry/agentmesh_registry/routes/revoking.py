"""Taking identities back, and asking whether one was."""

import msgspec

from agentmesh.errors import NotPermitted, Refused, RemoteProtocolError
from agentmesh.protocol.ids import Amid, parse_amid
from agentmesh.protocol.limits import SIGNATURE_MAX_AHEAD
from agentmesh.protocol.revocation import Revocation, read_revocation
from agentmesh.protocol.signed import Signed
from agentmesh_registry.auth import authenticate_to_revoke
from agentmesh_registry.bodies import LookupProved
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.log_bodies import Bulk, RevocationView, Revoke, RevokedOnes
from agentmesh_registry.routes.agents import not_found


async def revoke(desk: Desk, call: Call, asked: Revoke) -> Reply:
    """Take the caller's identity back, for good. The same revocation again changes nothing."""
    caller = await authenticate_to_revoke(desk, call)
    signed, revocation = _read(asked.revocation)
    if revocation.amid != caller:
        raise NotPermitted("not_permitted", "An agent takes back its own identity, and no other.")
    if revocation.timestamp > desk.now() + SIGNATURE_MAX_AHEAD * 1000:
        raise RemoteProtocolError("revocation_invalid", "The revocation is from the future.")
    outcome = await desk.revocations.put(caller, signed, desk.now())
    if outcome == "unknown":
        raise not_found(caller)
    if outcome == "other":
        raise Refused(
            "already_revoked",
            "This identity was revoked before, by another document.",
            "The first one counts, for good.",
        )
    return Reply(body=await _view(desk, caller, asked.log_size))


async def revocation(desk: Desk, _call: Call, asked: LookupProved) -> Reply:
    """Tell whether an identity was taken back; if so, with proof."""
    return Reply(body=await _view(desk, parse_amid(asked.amid), asked.log_size))


async def revoked_among(desk: Desk, _call: Call, asked: Bulk) -> Reply:
    """Tell which of these agents were taken back."""
    amids = [parse_amid(text) for text in asked.amids]
    return Reply(body=RevokedOnes(revoked=await desk.ledger.revoked(amids)))


async def _view(desk: Desk, amid: Amid, known: int) -> RevocationView:
    standing = await desk.ledger.revocation(amid, known)
    if standing is None:
        return RevocationView(amid=amid, revoked=False)
    return RevocationView(amid=amid, revoked=True, revocation=standing.signed, log=standing.proof)


def _read(data: bytes) -> tuple[bytes, Revocation]:
    """Return the document as it is kept, and what it says."""
    try:
        signed = msgspec.msgpack.decode(data, type=Signed)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError(
            "document_malformed",
            "`revocation` is not a signed document.",
            "It is the base64 of the MessagePack of Signed(Revocation).",
        ) from None
    return msgspec.msgpack.encode(signed), read_revocation(signed).revocation
