"""What is held for a peer, remembered as the store has it.

With every receipt there is room for some of what is held: all of it would be read each time. Only
turns change it, so what they changed is taken over as soon as it is kept; what is not simple is
read again. Where none is urgent and none may be too large, the first ones are enough.
"""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from itertools import islice

import msgspec

from agentmesh.node.turn import Turn
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.session import flow
from agentmesh.session.events import Saying
from agentmesh.session.states import Open, Resolving
from agentmesh.storage.interface import DropSession, OutgoingRow, Settle, SettleAll, Store

SURELY_BYTES = 1024
"""No policy agrees to less; a peer that makes up one of its own is told within the session."""
MAX_SESSIONS = 16
MAX_BYTES = 2 * 1024 * 1024
"""So much of so many sessions is remembered; the others are read when they are needed."""


@dataclass
class _Pile:
    """What is held in one session, in its order. Plain: all alike urgent, and small."""

    peer: Amid
    rows: dict[MessageId, OutgoingRow] = field(default_factory=dict)
    size: int = 0
    is_plain: bool = True

    def put(self, row: OutgoingRow) -> None:
        self.drop(row.message_id)
        is_small = len(row.body) <= SURELY_BYTES
        self.is_plain = self.is_plain and is_small and _priority(row) == "normal"
        self.rows[row.message_id] = row
        self.size += len(row.body)

    def drop(self, message_id: MessageId) -> None:
        row = self.rows.pop(message_id, None)
        self.size -= 0 if row is None else len(row.body)


class Held:
    """The messages of ours that have no number yet."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._piles: OrderedDict[SessionId, _Pile] = OrderedDict()

    async def first(self, turn: Turn, session_id: SessionId) -> list[OutgoingRow]:
        """Return what is held in a session, as it was kept last, and this turn has not said.

        All of it, or one more than there is room for: that there is more has to be known. Where
        something was moved into it, with what is kept where that was: the store knows what of both
        was said first.
        """
        if session_id in turn.sheet.moved_into:
            return await self._store.unsettled(session_id, *turn.origins(session_id))
        pile = self._piles.get(session_id)
        if pile is None:
            pile = _Pile(turn.peer)
            for row in await self._store.held(session_id):
                pile.put(row)
            self._remember(session_id, pile)
        newer, state = turn.sheet.rows, turn.talks[session_id].state
        rows = (row for row in pile.rows.values() if _is_still(newer.get(row.message_id, row), row))
        if pile.is_plain and isinstance(state, Open):
            return list(islice(rows, flow.room(state) + 1))
        return list(rows)

    def learn(self, turn: Turn, before: Collection[SessionId]) -> None:
        """Take over what a turn changed, once it is kept; `before`: the sessions that there were.

        In one that it began nothing was held, which need not be read.
        """
        for session_id in turn.touched.difference(before):
            if isinstance(turn.talks[session_id].state, Resolving):
                self._remember(session_id, _Pile(turn.peer))
        known = {name for name, pile in self._piles.items() if pile.peer == turn.peer}
        if not known:
            return
        if any(isinstance(it, Settle | SettleAll | DropSession) for it in turn.sheet.changes):
            self.forget(turn.peer)
            return
        for row in turn.sheet.rows.values():
            was = turn.sheet.loaded.get(row.message_id)
            if was is not None and (row.sequence is None or was.session_id != row.session_id):
                self.forget(turn.peer)  # it was moved, and perhaps said there at once
                return
            if row.session_id in known:
                self._take(self._piles[row.session_id], row)
        for session_id in known:
            self._remember(session_id, self._piles[session_id])

    def forget(self, peer: Amid) -> None:
        """Read again what is held for this peer."""
        for session_id in [name for name, pile in self._piles.items() if pile.peer == peer]:
            del self._piles[session_id]

    @staticmethod
    def _take(pile: _Pile, row: OutgoingRow) -> None:
        if row.sequence is None:
            pile.put(row)
        else:
            pile.drop(row.message_id)

    def _remember(self, session_id: SessionId, pile: _Pile) -> None:
        self._piles[session_id] = pile
        self._piles.move_to_end(session_id)
        if pile.size > MAX_BYTES:
            del self._piles[session_id]
        elif len(self._piles) > MAX_SESSIONS:
            self._piles.popitem(last=False)


def _is_still(now: OutgoingRow, row: OutgoingRow) -> bool:
    return now.sequence is None and now.session_id == row.session_id


def _priority(row: OutgoingRow) -> str:
    return msgspec.msgpack.decode(row.body, type=Saying).priority
