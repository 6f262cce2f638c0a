"""Grants at the door: what a peer says is taken only as far as it was granted to talk.

What is not granted is left without a receipt, as if we were away: its sender keeps it, and it comes
through if the owner grants more in time. Uses are counted in the transaction that takes the words.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.payloads import Request, parse_payload
from agentmesh.node.turn import Turn
from agentmesh.policy.grants import TEXT, Grant, GrantKind, judge, task_kind
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import CardRow, Change, Deliver, Put, Store

DRAWER = "grant"


def card_name(peer: Amid, kind: GrantKind) -> str:
    """Return what a grant's card is called."""
    return f"{peer}/{kind}"


def put_grant(peer: Amid, grant: Grant) -> Put:
    """Return the change that keeps a grant."""
    body = msgspec.msgpack.encode(grant)
    name = card_name(peer, grant.kind)
    return Put(CardRow(drawer=DRAWER, name=name, body=body, created_at=grant.given_at))


class GrantCheck:
    """Counts what is taken of peers that have a grant; all others cost nothing here."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._peers: set[Amid] | None = None

    async def peers(self) -> set[Amid]:
        """Return everybody who has, or had, a grant; who is given one is added."""
        if self._peers is None:
            cards = await self._store.cards(DRAWER)
            self._peers = {Amid(card.name.partition("/")[0]) for card in cards}
        return self._peers

    async def check(self, turn: Turn, before: Turn) -> None:
        """Blame the peer if `turn` delivers what was not granted; count the uses if it was."""
        delivered = [
            it.row
            for it in turn.sheet.changes[len(before.sheet.changes) :]
            if isinstance(it, Deliver)
        ]
        if not delivered or turn.peer not in await self.peers():
            return
        wanted: Counter[GrantKind] = Counter()
        for row in delivered:
            if await self._store.incoming(row.message_id, turn.peer) is None:
                wanted[await self._kind(turn, row.body)] += 1
        for kind, uses in wanted.items():
            grant = await self.grant(turn, kind)
            verdict = judge(kind, grant, turn.now, uses)
            if verdict.decision != "allow":
                raise RemoteProtocolError(verdict.reason)
            if grant is not None and grant.uses_left is not None:
                turn.sheet.changes.append(put_grant(turn.peer, grant.used(uses)))

    async def grant(self, turn: Turn, kind: GrantKind) -> Grant | None:
        """Return a grant as this turn left it."""
        name = card_name(turn.peer, kind)
        card = _changed(turn.sheet.changes, name) or await self._store.card(DRAWER, name)
        return None if card is None else msgspec.msgpack.decode(card.body, type=Grant)

    async def _kind(self, turn: Turn, body: bytes) -> GrantKind:
        """Return which grant a message needs: that of its task if there is one, else to talk."""
        envelope = msgspec.msgpack.decode(body, type=Envelope)
        if envelope.type == "request":
            try:
                said = parse_payload(envelope.type, envelope.payload)
            except RemoteProtocolError:
                return TEXT
            if isinstance(said, Request):
                kind = task_kind(said.intent)
                if await self.grant(turn, kind) is not None:
                    return kind
        return TEXT


def _changed(changes: Sequence[Change], name: str) -> CardRow | None:
    cards = (it.row for it in reversed(changes) if isinstance(it, Put))
    return next(
        (
            row
            for row in cards
            if isinstance(row, CardRow) and (row.drawer, row.name) == (DRAWER, name)
        ),
        None,
    )
