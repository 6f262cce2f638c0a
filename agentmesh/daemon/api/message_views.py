"""Messages and what became of them, as the control socket shows them."""

import asyncio
from collections.abc import Sequence
from typing import get_args

import msgspec
from msgspec import UNSET, UnsetType

from agentmesh.control import answers
from agentmesh.daemon import clock
from agentmesh.daemon.api.views import problem
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.delivery import NONCE_BYTES, Arrived, clean, clean_name, deliver
from agentmesh.messages.payloads import CloseReason, StatusPayload, known_type, parse_payload
from agentmesh.messages.strict_json import Json, read_json
from agentmesh.node.consent.approvals import AWAITING, DENIED, EXPIRED
from agentmesh.node.inbox import payload_of
from agentmesh.node.outbox import Fate
from agentmesh.node.schemas.remarks import NO_REMARKS, Remarks, name_of, remarks_on
from agentmesh.policy.verdict import Reason
from agentmesh.protocol.times import to_text
from agentmesh.storage.interface import ContactRow, IncomingRow

_OF_SUITES = {"suite_degraded", "suite_pinned", "suite_missing", "stale_prekey"}
_KNOWN_REASONS = {
    *get_args(Reason),
    *get_args(CloseReason),
    *_OF_SUITES,
    "",
    AWAITING,
    DENIED,
    EXPIRED,
}


async def message(
    rooms: Rooms, row: IncomingRow, *, as_content: bool, start: int = 0
) -> answers.Message:
    """Return a message; for an agent only in the form that nothing in it can break."""
    (shown,) = await messages(rooms, [row], as_content=as_content, start=start)
    return shown


async def messages(
    rooms: Rooms, rows: Sequence[IncomingRow], *, as_content: bool, start: int = 0
) -> list[answers.Message]:
    """Return messages, each as `message` does."""
    noted = await remarks_on(rooms.hand.store, rows)
    contacts = {peer: await rooms.peers.row(peer) for peer in {row.peer for row in rows}}
    letter = start if as_content else None
    shown = []
    for row in rows:
        remarks = noted.get(name_of(row.peer, row.message_id), NO_REMARKS)
        shown.append(_message(rooms, row, contacts[row.peer], remarks, letter))
        if as_content:
            await asyncio.sleep(0)  # a long one is looked at letter by letter: others may wait
    return shown


def _message(
    rooms: Rooms, row: IncomingRow, contact: ContactRow | None, remarks: Remarks, start: int | None
) -> answers.Message:
    """Return a message; from a letter on, if it is for an agent, else with its payload."""
    name = (contact.alias or contact.name) if contact else ""
    trust = contact.trust if contact else 0
    verified = contact is not None and contact.verified_at is not None
    payload = payload_of(row)
    content: str | msgspec.UnsetType = UNSET
    if start is not None:
        arrived = Arrived(
            message_id=row.message_id,
            sender=row.peer,
            sender_name=name,
            verified=verified,
            trust=trust,
            type=row.type,
            received_at=row.received_at,
            payload=payload,
        )
        content = deliver(arrived, rooms.hand.keys.ring.entropy(NONCE_BYTES), start)
    return answers.Message(
        message_id=row.message_id,
        session_id=row.session_id,
        sender=row.peer,
        from_name=clean_name(name),
        verified=verified,
        trust=trust,
        received_at=to_text(row.received_at),
        type=row.type if start is None else known_type(row.type),
        payload=_as_it_came(payload) if start is None else None,
        content=content,
        schema_problems=[problem(it) for it in remarks.problems] or UNSET,
        warnings=list(remarks.warnings) or UNSET,
    )


def _as_it_came(payload: bytes) -> msgspec.Raw | Json:
    """Return a payload for an answer, whose line it must not break. It was read when it came."""
    return read_json(payload) if b"\n" in payload else msgspec.Raw(payload)


def progress(row: IncomingRow, *, as_content: bool) -> answers.Progress | UnsetType:
    """Return how far a request has come; the peer's words about it are for the owner only."""
    try:
        said = parse_payload(row.type, payload_of(row))
    except RemoteProtocolError:
        return UNSET
    if not isinstance(said, StatusPayload):
        return UNSET
    return answers.Progress(
        message_id=row.message_id,
        progress=said.progress,
        estimated_completion_seconds=said.estimated_completion_seconds,
        phase="" if as_content else clean(said.phase),
        message="" if as_content else clean(said.message),
    )


async def sent(rooms: Rooms, fate: Fate, *, as_content: bool) -> answers.Sent:
    """Return what became of a message."""
    reply = None
    if fate.reply is not None:
        reply = await message(rooms, fate.reply, as_content=as_content)
    outcome = "queued" if fate.outcome == "held" else fate.outcome
    reason = reason_for_agent(fate) if as_content else fate.reason
    return answers.Sent(
        message_id=fate.message_id,
        session_id=fate.session_id,
        outcome=outcome,
        reason=clock.cause(reason, rooms),
        reply=reply,
        progress=UNSET if fate.progress is None else progress(fate.progress, as_content=as_content),
        timed_out=True if fate.timed_out else UNSET,
        approval_id=fate.message_id if fate.reason == AWAITING else UNSET,
    )


def reason_for_agent(fate: Fate) -> str:
    """Return why it was refused, if that is a word that we know: a peer may have made it up."""
    is_ours = fate.outcome != "refused" or fate.reason in _KNOWN_REASONS
    return fate.reason if is_ours else "other"
