"""Rows and states as the control socket shows them."""

import msgspec

from agentmesh.control import answers, calls
from agentmesh.crypto.suites import is_degraded
from agentmesh.daemon.api import revoked
from agentmesh.daemon.api.suites import suite_of
from agentmesh.daemon.rooms import Rooms
from agentmesh.messages.capabilities import Agreement, fallbacks
from agentmesh.messages.delivery import clean_name
from agentmesh.messages.schemas.problems import Problem
from agentmesh.messages.strict_json import read_json
from agentmesh.node.consent.drafts import Draft
from agentmesh.node.consent.introductions import Introduced
from agentmesh.node.consent.leave import autonomy_of
from agentmesh.policy.facts import KnockFacts
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.times import to_text
from agentmesh.session import snapshot
from agentmesh.session.flow import room
from agentmesh.session.states import Open
from agentmesh.storage.interface import ContactRow, KnockRow, SessionRow

LINK_STATES: dict[str, answers.LinkState] = {
    "connected": "connected",
    "connecting": "connecting",
    "offline": "unreachable",
    "up": "connected",
    "down": "unreachable",
    "unknown": "unknown",
}


def plain(number: float) -> int | float:
    """Return a tier as people write it: 2, not 2.0."""
    return int(number) if number == int(number) else number


def problem(it: Problem) -> answers.Problem:
    """Return a problem with a schema."""
    return answers.Problem(path=it.path, message=it.message, schema=it.schema)


def line(text: str) -> str:
    """Return somebody's words on one line."""
    return clean_name(text)


async def session(rooms: Rooms, row: SessionRow, permit: calls.Permit) -> answers.Session:
    """Return one session; an agent sees no words in it that the peer may have made up for it."""
    contact, is_owner = await rooms.peers.row(row.peer), permit == "owner"
    state = snapshot.load(row.state)
    intent, suite = state.terms.intent, suite_of(state)
    agreed = state.agreed if isinstance(state, Open) else Agreement()
    words = "/".join(word for word in (intent.category, intent.subcategory) if word)
    shown = answers.Session(
        session_id=row.session_id,
        peer=row.peer,
        peer_name=clean_name((contact.alias or contact.name * is_owner) if contact else ""),
        intent=words if is_owner or row.ours else "",
        type=row.kind,
        state=row.phase,
        initiated_by_us=row.ours,
        opened_at=to_text(row.opened_at),
        expires_at=to_text(row.expires_at),
        suite=suite,
        degraded=bool(suite) and is_degraded(suite),
        accepted_capabilities=agreed.accepted,
        rejected_capabilities=agreed.rejected if is_owner else (),
        warnings=tuple(f"{schema}: no common version" for schema in fallbacks(agreed)),
        vouched=await _answers_for(rooms, row.session_id),
    )
    return _with_flow(shown, state) if isinstance(state, Open) else shown


async def _answers_for(rooms: Rooms, session_id: SessionId) -> answers.VouchedFor | None:
    """Return who answers for the peer, as it has shown in this session."""
    shown = await rooms.certificates.showings.of(session_id)
    if shown is None:
        return None
    tier, until = plain(shown.tier), to_text(shown.expires_at)
    return answers.VouchedFor(
        tier=tier, organization=shown.organization, certificate="valid", expires_at=until
    )


def _with_flow(shown: answers.Session, state: Open) -> answers.Session:
    """Return a session with how much went to and fro in it, and how much may follow now."""
    return msgspec.structs.replace(
        shown,
        state="closing" if state.closing else shown.state,
        sent=state.said,
        received=state.heard,
        unread=state.received.count - state.consumed.count,
        window=room(state),
    )


async def knock(rooms: Rooms, row: KnockRow) -> answers.Knock:
    """Return a KNOCK; the note is a stranger's word."""
    remark = await rooms.consent.remarks.about(row.peer)
    past = await rooms.gatekeeper.past.of(row.knock_id)
    return answers.Knock(
        id=row.knock_id,
        sender=row.peer,
        from_name=clean_name(row.name),
        intent="/".join(word for word in (row.category, row.subcategory) if word),
        type=row.session_kind,
        note=row.note.decode(errors="replace"),
        received_at=to_text(row.received_at),
        expires_at=to_text(row.expires_at),
        verdict=row.verdict,
        reason=row.reason,
        scope_note=remark.note,
        vouched=vouched(past.facts) if past else None,
        introduced_by=tuple(
            [await introduction(rooms, it) for it in await rooms.consent.introductions.of(row.peer)]
        ),
    )


def vouched(facts: KnockFacts) -> answers.VouchedFor:
    """Return who vouches for a peer; without a certificate that is a registry's word."""
    return answers.VouchedFor(
        tier=plain(facts.tier),
        organization=clean_name(facts.organization),
        certificate=facts.certificate,
    )


async def introduction(rooms: Rooms, it: Introduced) -> answers.Introduction:
    """Return an introduction; the words are the introducer's."""
    row = await rooms.peers.row(it.by)
    return answers.Introduction(
        amid=it.amid,
        name=it.name,
        note=it.note,
        by=it.by,
        by_name=clean_name((row.alias or row.name) if row else ""),
        by_trust=row.trust if row else 0,
        at=to_text(it.at),
    )


async def contact(rooms: Rooms, row: ContactRow, permit: calls.Permit = "owner") -> answers.Contact:
    """Return a contact; to an agent without the name that it gives itself, and may change."""
    policy, consent = rooms.hand.policy(), rooms.consent
    remark = await consent.remarks.about(row.amid)
    return answers.Contact(
        amid=row.amid,
        name=clean_name(row.name) if permit == "owner" else "",
        alias=row.alias,
        description=row.description,
        trust=row.trust,
        verified=row.verified_at is not None,
        paused=row.amid in rooms.hand.switches.paused_peers,
        blocked=row.amid in policy.blocklist,
        added_at=to_text(row.added_at),
        autonomy=autonomy_of(row, policy),
        note=remark.note,
        key_changed=await consent.key_changes.has(row.amid),
        taken_back=revoked.shown((await consent.key_changes.all()).get(row.amid), permit),
        invited=remark.invited_at is not None,
        degraded_allowed=list((await rooms.peers.pins.of(row.amid)).allowed),
    )


async def approval(rooms: Rooms, draft: Draft) -> answers.Approval:
    """Return a draft that the owner decides about."""
    row = await rooms.peers.row(draft.peer)
    words = (draft.intent.category, draft.intent.subcategory)
    return answers.Approval(
        id=draft.message_id,
        to=draft.peer,
        to_name=clean_name((row.alias or row.name) if row else ""),
        verified=row is not None and row.verified_at is not None,
        trust=row.trust if row else 0,
        type=draft.type,
        payload=read_json(draft.payload),
        intent="/".join(word for word in words if word),
        session_type=draft.request.type,
        session_id=draft.session_id or "",
        in_reply_to=draft.in_reply_to or "",
        digest=draft.digest,
        reason=draft.reason,
        secrets=draft.secrets,
        state=draft.state(rooms.hand.clock.now()),
        asked_at=to_text(draft.asked_at),
        expires_at=to_text(draft.until),
    )
