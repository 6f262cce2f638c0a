"""How much one peer may have lying unread: what comes on top is not taken, and so not confirmed.

Its sender keeps it, offers it again, and gets it through once the agent has read. What waits for a
missing number cannot be read: it never keeps out the message that has this number.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from agentmesh.errors import RemoteProtocolError
from agentmesh.node.turn import Turn
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import Change, Deliver, Release, Store, Unread

MAX_UNREAD_BYTES = 64 * 1024 * 1024
"""Of one peer. At this bound its messages wait where they are."""
LOOK_SECONDS = 5.0
"""So often at most a peer at its bound makes us count again."""
MAX_COUNTED_PEERS = 1000


@dataclass(frozen=True)
class _Counted:
    """At most so much lies there of a peer, and when it is worth counting again."""

    unread: Unread
    look_at: float


class InboxRoom:
    """Counts what is unread; the store is asked only where it seems to be too much."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._counted: OrderedDict[Amid, _Counted] = OrderedDict()

    async def check(self, turn: Turn, before: Turn) -> None:
        """Blame the peer if what `turn` delivers, and `before` did not, is too much."""
        earlier = before.sheet.changes
        new = _size(turn.sheet.changes[len(earlier) :])
        if new == Unread(0, 0):
            return
        now = turn.keys.clock.monotonic()
        counted = self._counted.pop(turn.peer, None)
        if counted is None or (not _fits(counted.unread, new) and counted.look_at <= now):
            unread = _sum(await self._store.unread(turn.peer), _size(earlier))
            counted = _Counted(unread, now + LOOK_SECONDS)
        fits = _fits(counted.unread, new)
        if fits:
            counted = _Counted(_sum(counted.unread, new), counted.look_at)
        self._counted[turn.peer] = counted
        if len(self._counted) > MAX_COUNTED_PEERS:
            self._counted.popitem(last=False)
        if not fits:
            raise RemoteProtocolError("inbox_full")


def _fits(there: Unread, new: Unread) -> bool:
    waiting = there.shown + there.waiting + new.shown + new.waiting
    is_room_to_wait = not new.waiting or waiting <= MAX_UNREAD_BYTES
    return there.shown + new.shown <= MAX_UNREAD_BYTES and is_room_to_wait


def _sum(one: Unread, other: Unread) -> Unread:
    return Unread(one.shown + other.shown, one.waiting + other.waiting)


def _size(changes: Sequence[Change]) -> Unread:
    shown_up_to = {it.session_id: it.up_to for it in changes if isinstance(it, Release)}
    shown = waiting = 0
    for change in changes:
        if not isinstance(change, Deliver):
            continue
        if change.row.sequence <= shown_up_to.get(change.row.session_id, 0):
            shown += len(change.row.body)
        else:
            waiting += len(change.row.body)
    return Unread(shown, waiting)
