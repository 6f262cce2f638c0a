"""What peers have shown in sessions that are not over: who answers for them there."""

import msgspec

from agentmesh.discovery.trust import Vouching
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.transparency import document_hash
from agentmesh.storage.interface import CardRow, Put, SessionRow, Store

DRAWER = "showing"
GRACE_SECONDS = 3600
"""So long at least a peer has to show a fresh certificate: what it showed first may come late."""


class Showing(msgspec.Struct, frozen=True, kw_only=True):
    """A chain, without its session's certificate; `until` is how long that one does.

    `until` is 0 where the peer showed nothing and is known by the chain that is listed of it.
    """

    chain: tuple[bytes, ...]
    until: int
    tier: float
    organization: str
    expires_at: int

    def is_late(self, now: float) -> bool:
        """Whether one of the certificates has run out."""
        return now >= self.expires_at or 0 < self.until <= now


class Showings:
    """Keeps them among the cards, by session."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, session_id: SessionId) -> Showing | None:
        """Return what the peer has shown in a session; None if it showed nothing that holds."""
        card = await self._store.card(DRAWER, session_id)
        return None if card is None else _read(card)

    async def all(self) -> dict[SessionId, Showing]:
        """Return what was shown in each session."""
        return {SessionId(card.name): _read(card) for card in await self._store.cards(DRAWER)}

    async def resting_on(self, document: bytes, whose: Amid | None) -> list[SessionRow]:
        """Return the sessions that rest on a certificate, by its hash in the registry's log.

        Of the agent whose it is, if we know it, also those in which it showed nothing.
        """
        shown = await self.all()
        rows = await self._store.sessions()
        return [
            row
            for row in rows
            if (
                document in {document_hash(it) for it in shown[row.session_id].chain}
                if row.session_id in shown
                else row.peer == whose
            )
        ]


def showing(session_id: SessionId, judged: Vouching, now: float) -> Put:
    """Return what is to be kept of a chain that holds."""
    until = max(judged.session_until, int(now) + GRACE_SECONDS) if judged.session_until else 0
    kept = Showing(
        chain=judged.chain,
        until=until,
        tier=judged.tier,
        organization=judged.organization,
        expires_at=judged.expires_at,
    )
    body = msgspec.msgpack.encode(kept)
    return Put(CardRow(drawer=DRAWER, name=session_id, body=body, created_at=now))


def _read(card: CardRow) -> Showing:
    return msgspec.msgpack.decode(card.body, type=Showing)
