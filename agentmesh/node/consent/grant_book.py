"""What the owner granted each peer, and what peers ask for. Every change is a turn in its lane."""

from typing import Any

import msgspec

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.messages.delivery import clean
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.strict_json import read_json, write_json
from agentmesh.node.at_hand import AtHand
from agentmesh.node.consent.grant_check import DRAWER, card_name, put_grant
from agentmesh.node.conversations import Conversations
from agentmesh.node.notices import Notice
from agentmesh.node.peers import Peers
from agentmesh.node.turn import Turn
from agentmesh.policy.grants import Grant, GrantKind, GrantVerdict, judge, read_kind
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.limits import MAX_NOTE_LETTERS
from agentmesh.storage.interface import CardRow, DropCard, Put

REQUESTS = "grant_request"
REQUEST_SECONDS = 7 * 86400
MAX_REQUESTS = 10
"""So many of one peer wait for the owner; more are dropped."""


class GrantRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a peer asks for. `note` is its own word, for the owner."""

    peer: Amid
    kind: GrantKind
    note: str
    asked_at: float


class GrantBook:
    """Gives, takes back, counts; keeps requests until the owner looked."""

    def __init__(self, hand: AtHand, peers: Peers, talks: Conversations) -> None:
        self._store = hand.store
        self._clock = hand.clock
        self._bulletin = hand.bulletin
        self._peers = peers
        self._talks = talks

    async def all(self, peer: Amid | None = None) -> list[tuple[Amid, Grant]]:
        """Return the grants, of one peer or all."""
        cards = await self._store.cards(DRAWER)
        rows = [(Amid(card.name.partition("/")[0]), _grant(card.body)) for card in cards]
        return [row for row in rows if peer in {None, row[0]}]

    async def requests(self) -> list[GrantRequest]:
        """Return what peers ask for, oldest first."""
        cards = await self._store.cards(REQUESTS)
        asked = [msgspec.msgpack.decode(card.body, type=GrantRequest) for card in cards]
        return sorted(asked, key=lambda request: request.asked_at)

    async def give(
        self, peer: Amid, kind: GrantKind, *, uses: int | None = None, until: float | None = None
    ) -> Grant:
        """Grant a contact something; it replaces an earlier grant of this kind."""
        await self._peers.contact(peer)
        grant = Grant(kind=kind, given_at=self._clock.now(), uses_left=uses, until=until)
        return await self._keep(peer, grant, "grant_given")

    async def revoke(self, peer: Amid, kind: GrantKind) -> Grant:
        """Take a grant back. What needs none otherwise, such as talking, needs one from now on."""
        await self._peers.contact(peer)
        grant = Grant(kind=kind, given_at=self._clock.now(), revoked=True)
        return await self._keep(peer, grant, "grant_revoked")

    async def look(self, peer: Amid, kind: GrantKind) -> GrantVerdict:
        """Return whether a peer may do this now; nothing is taken off."""
        card = await self._store.card(DRAWER, card_name(peer, kind))
        grant = None if card is None else _grant(card.body)
        return judge(kind, grant, self._clock.now())

    async def take(self, peer: Amid, kind: GrantKind) -> GrantVerdict:
        """Return whether a peer may do this now; if so, one use is taken off."""

        async def job(turn: Turn) -> GrantVerdict:
            grant = await self._talks.grants.grant(turn, kind)
            verdict = judge(kind, grant, turn.now)
            if verdict.decision == "allow" and grant is not None and grant.uses_left is not None:
                turn.sheet.changes.append(put_grant(turn.peer, grant.used()))
            return verdict

        verdict = await self._talks.run(peer, job)
        assert isinstance(verdict, GrantVerdict)  # noqa: S101 (what the job returns)
        return verdict

    async def forget(self, peer: Amid) -> None:
        """Forget all grants of a peer, and what it asks for."""
        names = [(DRAWER, card_name(peer, grant.kind)) for _, grant in await self.all(peer)]
        asked = [it for it in await self.requests() if it.peer == peer]
        names += [(REQUESTS, card_name(peer, request.kind)) for request in asked]

        async def job(turn: Turn) -> None:
            turn.sheet.changes += [DropCard(drawer, name) for drawer, name in names]

        if names:
            await self._talks.run(peer, job)

    async def requested(self, peer: Amid, _: SessionId, envelope: Envelope) -> None:
        """Keep what a contact's daemon asks for; others are not heard."""
        request = await self._read(peer, envelope)
        waiting = [it for it in await self.requests() if it.peer == peer]
        is_new = request.kind not in {it.kind for it in waiting}
        if is_new and len(waiting) >= MAX_REQUESTS:
            raise RemoteProtocolError("too_many_requests")
        card = CardRow(
            drawer=REQUESTS,
            name=card_name(peer, request.kind),
            body=msgspec.msgpack.encode(request),
            created_at=request.asked_at,
            expires_at=request.asked_at + REQUEST_SECONDS,
        )
        await self._store.commit([Put(card)])
        if is_new:
            self._bulletin.publish(Notice(kind="grant_requested", peer=peer))

    async def _read(self, peer: Amid, envelope: Envelope) -> GrantRequest:
        await self._peers.contact(peer)
        kind, note = read_request(envelope.payload)
        return GrantRequest(peer=peer, kind=kind, note=note, asked_at=self._clock.now())

    async def _keep(self, peer: Amid, grant: Grant, news: str) -> Grant:
        (await self._talks.grants.peers()).add(peer)

        async def job(turn: Turn) -> None:
            turn.sheet.changes.append(put_grant(peer, grant))
            turn.sheet.changes.append(DropCard(REQUESTS, card_name(peer, grant.kind)))

        await self._talks.run(peer, job)
        self._bulletin.publish(Notice(kind=news, peer=peer))
        return grant


def read_request(payload: bytes) -> tuple[GrantKind, str]:
    """Return what a message asks for, and why."""
    try:
        said: Any = read_json(payload)
        kind, note = read_kind(said["kind"]), said.get("note", "")
        if not isinstance(note, str):
            raise TypeError
    except (KeyError, TypeError, AttributeError, UsageError):
        raise RemoteProtocolError("grant_request_malformed") from None
    return kind, clean(note)[:MAX_NOTE_LETTERS]


def request_payload(kind: GrantKind, note: str) -> bytes:
    """Return what asks a peer's owner for a grant."""
    return write_json({"kind": kind, "note": note})


def _grant(body: bytes) -> Grant:
    return msgspec.msgpack.decode(body, type=Grant)
