"""Receipts that are owed: each waits a moment for a message that takes its news along.

One that is about much does not: whoever said so much waits for room to say more.

The last receipt of a session says all that those before it did, so a session owes one at a time.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.limits import MAX_IN_FLIGHT
from agentmesh.session.effects import Acknowledge

RECEIPT_SECONDS = 0.02
"""How long a receipt waits for news to take along: most words are answered within it."""
MUCH = MAX_IN_FLIGHT // 4
"""A receipt for so many messages waits no more."""


@dataclass(slots=True)
class _Owed:
    """A session's receipt, how many messages are new in it, and when it is offered."""

    peer: Amid
    effect: Acknowledge
    timer: asyncio.Handle
    news: int = 0


class Owing:
    """Hands a receipt to `offer` when it has waited long enough, unless it was told meanwhile."""

    def __init__(self, offer: Callable[[Amid, Acknowledge], None]) -> None:
        self._offer = offer
        self._owed: dict[SessionId, _Owed] = {}

    def __len__(self) -> int:
        """Return how many are owed."""
        return len(self._owed)

    def owe(self, peer: Amid, session_id: SessionId, effect: Acknowledge, news: int = 0) -> None:
        """Owe a receipt, in which so many messages are new.

        It is offered when the first one since the last offer has waited, or when it is about much.
        """
        owed = self._owed.get(session_id)
        if owed is None:
            later = asyncio.get_running_loop().call_later
            timer = later(RECEIPT_SECONDS, self._is_due, session_id)
            owed = self._owed[session_id] = _Owed(peer, effect, timer)
        owed.effect = effect
        owed.news += news
        if owed.news >= MUCH:
            owed.timer.cancel()
            self._is_due(session_id)

    def told(self, session_id: SessionId) -> None:
        """A message says it: nothing is owed any more."""
        owed = self._owed.pop(session_id, None)
        if owed is not None:
            owed.timer.cancel()

    def forget(self) -> None:
        """Owe nothing any more."""
        for session_id in list(self._owed):
            self.told(session_id)

    def _is_due(self, session_id: SessionId) -> None:
        owed = self._owed.pop(session_id)
        self._offer(owed.peer, owed.effect)
