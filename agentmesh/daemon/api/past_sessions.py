"""The control call about sessions that are over."""

from agentmesh.control import answers, calls
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import UsageError
from agentmesh.messages.delivery import clean_name
from agentmesh.node.breakers import LIVING
from agentmesh.protocol.ids import is_id
from agentmesh.protocol.times import to_text
from agentmesh.session import snapshot
from agentmesh.session.states import Ended, Resting
from agentmesh.storage.interface import SessionRow


async def sessions_history(
    rooms: Rooms, asked: calls.SessionsHistory, _: calls.Permit
) -> answers.PastSessions:
    """List the sessions that are over."""
    if asked.before and not is_id(asked.before):
        raise UsageError("invalid_place", "This is no place that an answer gave.")
    rows = [row for row in await rooms.hand.store.sessions() if row.phase not in LIVING]
    rows.sort(key=_ended, reverse=True)
    start = next((n for n, row in enumerate(rows, 1) if row.session_id == asked.before), 0)
    page = rows[start : start + asked.limit]
    is_last = start + asked.limit >= len(rows)
    return answers.PastSessions(
        sessions=[await _shown(rooms, row) for row in page],
        next="" if is_last else page[-1].session_id,
    )


def _ended(row: SessionRow) -> tuple[float, str]:
    return row.updated_at, row.session_id


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
