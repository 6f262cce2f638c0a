"""Strangers: how many KNOCKs of theirs are kept in all, and who of them is shown that we are here.

Whoever makes AMIDs by the thousand is a thousand strangers: no bound for one peer holds that up.
And an answer that nobody decided on would tell all of them when this agent is there.
"""

from collections import deque

from agentmesh.errors import RemoteProtocolError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.node.turn import Turn
from agentmesh.protocol.limits import MAX_SESSION_SECONDS
from agentmesh.session.states import AnyState, Ended, Knocked
from agentmesh.storage.interface import SetValue

HOUR = 3600.0
MAX_IN_VAIN = 500
"""So many KNOCKs of strangers that were not let in are kept in an hour; more leave no trace here.

Their senders offer them again, and they are taken then.
"""
MAX_WAITING = 1000
"""So many KNOCKs may wait for the owner before one more stranger's is taken."""
WHOLE_SINCE = "strangers/whole_since"
"""Since when the store knows everybody we talk to; 0: it always did. Missing: it was lost, or is an
older one."""


class Strangers:
    """Counts them all together."""

    def __init__(self, hand: AtHand) -> None:
        self._hand = hand
        self._in_vain: deque[float] = deque()
        hand.bulletin.listen(self._notice, {"knock_accepted"})

    async def check_room(self, turn: Turn) -> None:
        """Blame a stranger for a KNOCK that is one too many, with those of all the others."""
        if not await self._is_one(turn):
            return
        now = self._hand.clock.monotonic()
        while self._in_vain and self._in_vain[0] <= now - HOUR:
            self._in_vain.popleft()
        waiting = (await self._hand.store.counts()).knocks_pending
        if len(self._in_vain) >= MAX_IN_VAIN or waiting >= MAX_WAITING:
            raise RemoteProtocolError("too_many_knocks")
        self._in_vain.append(now)

    async def may_see(self, turn: Turn) -> bool:
        """Whether the peer may know that we are here, before anybody has decided about it.

        Where our store was lost, those that we talked to are strangers now: for as long as one of
        their sessions may last, everybody is told what is gone.
        """
        if not await self._is_one(turn):
            return True
        store, now = self._hand.store, self._hand.clock.now()
        since = await store.value(WHOLE_SINCE)
        if since is None:
            await store.commit([SetValue(WHOLE_SINCE, str(int(now)).encode())])
            return True
        return now < int(since) + MAX_SESSION_SECONDS

    async def _is_one(self, turn: Turn) -> bool:
        """Whether we know nothing of a peer but KNOCKs that were not let in."""
        if any(not is_vain(talk.state) for talk in turn.talks.values()):
            return False
        is_listed = turn.peer in self._hand.policy().allowlist
        return not is_listed and await self._hand.store.contact(turn.peer) is None

    def _notice(self, _: Notice) -> None:
        if self._in_vain:
            self._in_vain.pop()


def is_vain(state: AnyState) -> bool:
    """Whether this is a KNOCK of the peer's that was not let in, or not yet.

    One that gave way is none: both knocked, and the session that both wanted was opened.
    """
    is_knock = isinstance(state, Knocked) or (isinstance(state, Ended) and state.cipher is None)
    return is_knock and not state.terms.ours and not gave_way(state)


def gave_way(state: AnyState) -> bool:
    """Whether this is a KNOCK of the peer's in whose place another session was opened."""
    return isinstance(state, Ended) and not state.terms.ours and state.reason == "superseded"
