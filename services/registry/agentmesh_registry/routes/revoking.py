"""Taking identities back, and asking whether one was."""

import msgspec

from agentmesh.errors import NotPermitted, Refused, RemoteProtocolError
from agentmesh.protocol.ids import Amid, parse_amid
from agentmesh.protocol.limits import SIGNATURE_MAX_AHEAD
from agentmesh.protocol.revocation import NOBODY_ELSE, Revoked, Voices, read_revocation
from agentmesh.protocol.signed import Signed
from agentmesh_registry.admission import admit
from agentmesh_registry.auth import authenticate_to_revoke
from agentmesh_registry.bodies import LookupProved
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.log_bodies import Bulk, RevocationView, Revoke, RevokedOnes
from agentmesh_registry.rates import household
from agentmesh_registry.routes.agents import not_found
from agentmesh_registry.storage.agents import Registration
from agentmesh_registry.storage.revoking import RevokeOutcome


async def revoke(desk: Desk, call: Call, asked: Revoke) -> Reply:
    """Take the caller's identity back, for good, and register its successor if it names one.

    The same revocation again changes nothing.
    """
    if asked.record is not None:  # each is a registration, too
        desk.gates.registrations.check(household(call.address))
    caller = await authenticate_to_revoke(desk, call)
    signed, revoked = read_signed(asked.revocation)
    revocation = revoked.revocation
    if revocation.amid != caller:
        raise NotPermitted("not_permitted", "An agent takes back its own identity, and no other.")
    if revocation.timestamp > desk.now() + SIGNATURE_MAX_AHEAD * 1000:
        raise RemoteProtocolError("revocation_invalid", "The revocation is from the future.")
    successor = _successor(desk, revoked, asked.record)
    outcome = await desk.revocations.put(caller, signed, desk.now(), successor)
    return await answer_to(desk, outcome, caller, asked.log_size)


async def revocation(desk: Desk, _call: Call, asked: LookupProved) -> Reply:
    """Tell whether an identity was taken back; if so, with proof."""
    return Reply(body=await _view(desk, parse_amid(asked.amid), asked.log_size))


async def revoked_among(desk: Desk, _call: Call, asked: Bulk) -> Reply:
    """Tell which of these agents were taken back."""
    amids = [parse_amid(text) for text in asked.amids]
    return Reply(body=RevokedOnes(revoked=await desk.ledger.revoked(amids)))


async def answer_to(desk: Desk, outcome: RevokeOutcome, amid: Amid, known: int) -> Reply:
    """Return the revocation with its proof, or say why it was not taken."""
    match outcome:
        case "unknown":
            raise not_found(amid)
        case "other":
            raise Refused(
                "already_revoked",
                "This identity was revoked before, by another document.",
                "The first one counts, for good.",
            )
        case "taken":
            raise Refused(
                "successor_taken",
                "The successor is an agent of its own here already; nothing was changed.",
                "A key that nobody has seen takes the place of another.",
            )
        case "not_of_fleet":
            raise Refused(
                "not_of_fleet",
                f"{amid} does not bear that certificate of that organisation now.",
                "An organisation takes back the identities of its own agents, and no others.",
            )
        case "revoked" | "unchanged":
            return Reply(body=await _view(desk, amid, known))


async def _view(desk: Desk, amid: Amid, known: int) -> RevocationView:
    standing = await desk.ledger.revocation(amid, known)
    if standing is None:
        return RevocationView(amid=amid, revoked=False)
    return RevocationView(amid=amid, revoked=True, revocation=standing.signed, log=standing.proof)


def _successor(desk: Desk, revoked: Revoked, record: bytes | None) -> Registration | None:
    """Return the record of the successor, which has to come with the revocation that names it."""
    if revoked.successor is None and record is None:
        return None
    new = None if record is None else admit(record, desk.now())
    if new is None or new.amid != revoked.successor:
        raise RemoteProtocolError(
            "revocation_invalid",
            "A successor is registered together with the revocation that names it.",
            "`record` is the base64 of the MessagePack of the successor's Signed(AgentRecord).",
        )
    return new


def read_signed(data: bytes, voices: Voices = NOBODY_ELSE) -> tuple[bytes, Revoked]:
    """Return the document as it is kept, and what it says."""
    try:
        signed = msgspec.msgpack.decode(data, type=Signed)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError(
            "document_malformed",
            "`revocation` is not a signed document.",
            "It is the base64 of the MessagePack of Signed(Revocation).",
        ) from None
    return msgspec.msgpack.encode(signed), read_revocation(signed, voices)
