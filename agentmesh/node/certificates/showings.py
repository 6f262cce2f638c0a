"""What peers have shown in sessions that are not over: who answers for them there."""

import msgspec

from agentmesh.discovery.trust import Vouching
from agentmesh.protocol.ids import SessionId
from agentmesh.storage.interface import CardRow, Put, Store

DRAWER = "showing"


class Showing(msgspec.Struct, frozen=True, kw_only=True):
    """A chain, without its session's certificate; `until` is how long that one holds."""

    chain: tuple[bytes, ...]
    until: int
    tier: float
    organization: str
    expires_at: int


class Showings:
    """Keeps them among the cards, by session."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, session_id: SessionId) -> Showing | None:
        """Return what the peer has shown in a session; None if it showed nothing that holds."""
        card = await self._store.card(DRAWER, session_id)
        return None if card is None else msgspec.msgpack.decode(card.body, type=Showing)


def showing(session_id: SessionId, shown: tuple[bytes, ...], judged: Vouching, now: float) -> Put:
    """Return what is to be kept of a chain that holds; `shown` begins with its session's."""
    kept = Showing(
        chain=shown[1:],
        until=judged.session_until,
        tier=judged.tier,
        organization=judged.organization,
        expires_at=judged.expires_at,
    )
    body = msgspec.msgpack.encode(kept)
    return Put(CardRow(drawer=DRAWER, name=session_id, body=body, created_at=now))
