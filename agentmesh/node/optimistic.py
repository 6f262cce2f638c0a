"""The first message travels with the KNOCK, to whom the owner trusts."""

from collections.abc import Callable

import msgspec

from agentmesh.messages.payloads import is_reserved
from agentmesh.node.peers import Peers
from agentmesh.node.sessions import in_order
from agentmesh.node.turn import Turn
from agentmesh.policy.document import Policy
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.limits import MAX_OPTIMISTIC
from agentmesh.session.events import Resolved, Saying
from agentmesh.storage.interface import OutgoingRow, Store

TRUSTED = 2
"""The lowest trust level of a contact to whom a word is said before it has answered."""


class Optimism:
    """Says to whom more than a KNOCK is sent at once, and what."""

    def __init__(self, store: Store, peers: Peers, policy: Callable[[], Policy]) -> None:
        self._store = store
        self._peers = peers
        self._policy = policy

    async def knock(self, turn: Turn, session_id: SessionId, found: Resolved) -> None:
        """Knock, with the first message if the peer is trusted."""
        if await self._trusts(turn.peer):
            rows = turn.unsettled(session_id, await self._store.held(session_id))
            found = msgspec.structs.replace(found, first=_first(rows))
        turn.apply(session_id, found)

    async def _trusts(self, peer: Amid) -> bool:
        row = await self._peers.row(peer)
        return (row is not None and row.trust >= TRUSTED) or peer in self._policy().allowlist


def _first(rows: list[OutgoingRow]) -> Saying | None:
    """Return the message that will be said first, if it may travel with a KNOCK."""
    held = in_order(rows)
    if not held:
        return None
    saying = held[0]
    may_travel = not is_reserved(saying.type) and len(saying.payload) <= MAX_OPTIMISTIC
    return saying if may_travel else None
