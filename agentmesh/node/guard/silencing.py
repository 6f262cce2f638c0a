"""Ending everything with a peer so that nothing of it is said later, either."""

from agentmesh.node.breakers import KILLED
from agentmesh.node.lanes import Job
from agentmesh.node.turn import Turn
from agentmesh.protocol.ids import SessionId
from agentmesh.session.effects import Drop
from agentmesh.session.events import Close, Expired
from agentmesh.session.states import Ended, Open
from agentmesh.storage.interface import Settle, Store

NEVER_SAID = "stopped"


def silence(store: Store) -> Job:
    """Return a job that ends a peer's sessions, and with them all that is not confirmed.

    A number that travelled gets a tombstone, which goes out once the owner lets things go on: the
    peer's side of the session ends in order. The job returns how many sessions it ended.
    """

    async def job(turn: Turn) -> int:
        living = [
            session_id
            for session_id, talk in turn.talks.items()
            if not isinstance(talk.state, Ended) and not _is_closing(turn, session_id)
        ]
        for session_id in living:
            await _take_back(turn, session_id, store)
            turn.apply(session_id, Close(KILLED))
        return len(living)

    return job


async def _take_back(turn: Turn, session_id: SessionId, store: Store) -> None:
    rows = turn.unsettled(session_id, await store.unsettled(session_id))
    numbers = tuple(sorted(row.sequence for row in rows if row.sequence is not None))
    for frame_id in sorted({row.frame_id for row in rows if row.frame_id is not None}):
        turn.sheet.note(session_id, Drop(frame_id))
    if numbers:
        turn.apply(session_id, Expired(numbers))
    if rows:
        ids = tuple(row.message_id for row in rows)
        turn.sheet.changes.append(Settle(ids, "undeliverable", NEVER_SAID))


def _is_closing(turn: Turn, session_id: SessionId) -> bool:
    state = turn.talks[session_id].state
    return isinstance(state, Open) and bool(state.closing)
