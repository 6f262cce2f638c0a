"""The control call about sessions that are over."""

from agentmesh.control import answers, calls
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import UsageError
from agentmesh.messages.delivery import clean_name
from agentmesh.node.breakers import OVER
from agentmesh.protocol.ids import SessionId, is_id
from agentmesh.protocol.times import to_text
from agentmesh.session import snapshot
from agentmesh.session.states import Ended, Resting
from agentmesh.storage.interface import SessionRow, WantedSessions


async def sessions_history(
    rooms: Rooms, asked: calls.SessionsHistory, _: calls.Permit
) -> answers.PastSessions:
    """List the sessions that are over."""
    if asked.before and not is_id(asked.before):
        raise UsageError("invalid_place", "This is no place that an answer gave.")
    before = SessionId(asked.before) if asked.before else None
    one_more = WantedSessions(
        phases=OVER, moment="updated_at", before=before, limit=asked.limit + 1
    )
    rows, _total = await rooms.hand.store.last_sessions(one_more)
    page = rows[: asked.limit]
    return answers.PastSessions(
        sessions=[await _shown(rooms, row) for row in page],
        next=page[-1].session_id if len(rows) > len(page) else "",
    )


async def _shown(rooms: Rooms, row: SessionRow) -> answers.PastSession:
    contact = await rooms.peers.row(row.peer)
    state = snapshot.load(row.state)
    intent = state.terms.intent
    reason = state.reason if isinstance(state, Ended) else "completed"
    return answers.PastSession(
        session_id=row.session_id,
        peer=row.peer,
        peer_name=clean_name((contact.alias or contact.name) if contact else ""),
        intent="/".join(word for word in (intent.category, intent.subcategory) if word),
        type=row.kind,
        state=row.phase,
        initiated_by_us=row.ours,
        opened_at=to_text(row.opened_at),
        ended_at=to_text(row.updated_at),
        reason=reason,
        by_peer=isinstance(state, Ended | Resting) and state.by_peer,
        has_transcript=rooms.journal.transcripts.has(row.session_id),
    )
