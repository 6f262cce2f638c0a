"""A message that came before, in a session that was replaced: it is confirmed, and nothing else.

The store would keep it once in any case. Here it is also told, counted and written down once.
"""

import msgspec

from agentmesh.node.turn import Turn
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.limits import SESSION_ERASE_SECONDS
from agentmesh.session.bounds import CANNOT_GO_ON
from agentmesh.session.events import Read
from agentmesh.session.outcome import COMPLETED
from agentmesh.session.states import AnyState, Ended, Open
from agentmesh.storage.interface import CardRow, Deliver, IncomingRow, Put, Store

DRAWER = "repeated"


class Place(msgspec.Struct, frozen=True):
    """Where a message was said."""

    session_id: SessionId
    sequence: int


async def drop_repeated(store: Store, turn: Turn, before: Turn) -> None:
    """Take what was heard before out of what `turn` brings, and `before` did not.

    In a session its numbers tell what is new; so does the end of one that was completed. What the
    agent has read, or had until it was erased, counts as read here too; else it will once it is.
    """
    if sum(_may_come_again(talk.state) for talk in turn.talks.values()) <= 1:
        return
    for change in turn.sheet.changes[len(before.sheet.changes) :]:
        if not isinstance(change, Deliver):
            continue
        row = change.row
        known = await store.incoming(row.message_id, turn.peer)
        if known is None and not await store.remembers(turn.peer, row.message_id):
            continue
        turn.sheet.forget(change)
        if known is None or known.consumed_at is not None:
            turn.apply(row.session_id, Read((row.sequence,)))
        else:
            turn.sheet.changes.append(_remembered(row, turn.now))


async def elsewhere(store: Store, row: IncomingRow) -> Place | None:
    """Return where a message was said again, if it was."""
    card = await store.card(DRAWER, _name(row))
    return None if card is None else msgspec.msgpack.decode(card.body, type=Place)


def _may_come_again(state: AnyState) -> bool:
    """Whether a session's words may be said in another one: its peer may not know what we took."""
    match state:
        case Open():
            return True
        case Ended(reason=reason, cipher=cipher):
            return reason in CANNOT_GO_ON or (cipher is not None and reason != COMPLETED)
        case _:
            return False


def _remembered(row: IncomingRow, now: float) -> Put:
    body = msgspec.msgpack.encode(Place(row.session_id, row.sequence))
    until = now + SESSION_ERASE_SECONDS
    card = CardRow(drawer=DRAWER, name=_name(row), body=body, created_at=now, expires_at=until)
    return Put(card)


def _name(row: IncomingRow) -> str:
    return f"{row.peer}/{row.message_id}"
