"""Drafts that wait for the owner. Nothing of them leaves before the owner said yes, once.

A yes is for exactly what was shown: it names a digest, and is used up with the message it lets go,
in one transaction.
"""

import asyncio
import hmac
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar

import msgspec

from agentmesh.errors import IntegrityError, Refused, UsageError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.consent.drafts import KEPT_SECONDS, Draft, asked
from agentmesh.node.notices import Notice
from agentmesh.node.peers import CONTACT
from agentmesh.protocol.ids import Amid, MessageId
from agentmesh.storage.interface import CardRow, Change, Put

DRAWER = "approval"
MAX_DRAFTS = 200
"""So many are kept in all."""
HOUR = 3600.0

AWAITING, DENIED, EXPIRED = "awaiting_approval", "denied_by_owner", "approval_expired"
_SETTLED = {"approved": "approved", "denied": "denied", "expired": "too old"}

T = TypeVar("T")
Save = Callable[[tuple[Change, ...]], Awaitable[T]]
"""Keeps these changes, with whatever else was said along with the drafts, in one transaction."""
Release = Callable[[Draft, Change], Awaitable[None]]
"""Sends a draft, and keeps the change in the same transaction."""


class Approvals:
    """Keeps drafts, shows them, and takes the owner's word."""

    def __init__(self, hand: AtHand) -> None:
        self._store = hand.store
        self._clock = hand.clock
        self._bulletin = hand.bulletin
        self._hand = hand
        self._lifted_at: dict[Amid, float] = {}
        self._one_at_a_time = asyncio.Lock()
        hand.bulletin.listen(self._notice, {"breaker_lifted"})

    async def keep(self, drafts: Mapping[int, Draft], save: Save[T]) -> T:
        """Keep drafts, by their places among what is said, and ask the owner about each.

        They are safe once this returns what `save` does: all of them, or none.
        """
        async with self._one_at_a_time:
            now = self._clock.now()
            kept, pending = await self.all(), list[Draft]()
            contacts = await self._contacts_among([*kept, *drafts.values()])
            for at, draft in drafts.items():
                alike = _alike(draft.peer, [*kept, *pending], contacts)
                self._count(draft.peer, alike, now, at)
                if len(kept) + len(pending) >= MAX_DRAFTS:
                    full = f"{MAX_DRAFTS} drafts are kept already."
                    raise Refused("too_many_approvals", full, at=at)
                pending.append(asked(draft, now))
            saved = await save(tuple(map(_put, pending)))
        for draft in pending:
            self._tell("approval_pending", draft)
        return saved

    async def _contacts_among(self, drafts: list[Draft]) -> set[Amid]:
        """Return which of their peers are contacts; each is looked up, however many there are."""
        rows = [await self._store.contact(peer) for peer in {it.peer for it in drafts}]
        return {row.amid for row in rows if row is not None and row.trust >= CONTACT}

    def _count(self, peer: Amid, drafts: list[Draft], now: float, at: int) -> None:
        """Refuse to ask about one peer more often than the owner wants to be asked."""
        since = max(now - HOUR, self._lifted_at.get(peer, 0.0))
        lately = sum(it.asked_at > since for it in drafts)
        if 0 < self._hand.policy().breakers.approvals_per_hour <= lately:
            fields = {"count": lately + 1}
            self._bulletin.publish(Notice(kind="too_many_approvals", peer=peer, fields=fields))
            raise Refused(
                "too_many_approvals",
                f"The owner was asked {lately} times in an hour about this peer.",
                f"The owner may let it go on: agentmesh resume {peer}",
                at=at,
            )

    def _notice(self, notice: Notice) -> None:
        if notice.peer:
            self._lifted_at[notice.peer] = self._clock.now()

    async def all(self) -> list[Draft]:
        """Return all drafts that are kept, oldest first; those of one moment as they were asked."""
        cards = await self._store.cards(DRAWER)
        return [msgspec.msgpack.decode(card.body, type=Draft) for card in cards]

    async def waiting(self) -> list[Draft]:
        """Return those that the owner can approve now."""
        now = self._clock.now()
        return [draft for draft in await self.all() if draft.state(now) == "waiting"]

    async def find(self, message_id: MessageId) -> Draft | None:
        """Return one draft."""
        card = await self._store.card(DRAWER, message_id)
        return None if card is None else msgspec.msgpack.decode(card.body, type=Draft)

    async def one(self, message_id: MessageId) -> Draft:
        """Return one draft, or say that there is none."""
        draft = await self.find(message_id)
        if draft is None:
            raise UsageError(
                "unknown_approval", "There is no draft of this id.", "agentmesh approvals"
            )
        return draft

    async def approve(self, message_id: MessageId, digest: str, release: Release) -> Draft:
        """Let a draft go. `digest`: what the owner saw; empty if that was not compared."""
        async with self._one_at_a_time:
            draft = await self._undecided(message_id)
            is_what_was_seen = not digest or hmac.compare_digest(
                digest.encode(), draft.digest.encode()
            )
            if not draft.is_as_asked() or not is_what_was_seen:
                raise IntegrityError(
                    "draft_changed",
                    "The draft is not what this digest was made of.",
                    f"Look at it again: agentmesh approvals show {message_id}",
                )
            approved = msgspec.structs.replace(draft, decided="approved")
            await release(draft, _put(approved))
        self._tell("approval_granted", approved)
        return approved

    async def deny(self, message_id: MessageId) -> Draft:
        """Never send a draft."""
        async with self._one_at_a_time:
            draft = await self._undecided(message_id)
            denied = msgspec.structs.replace(draft, decided="denied")
            await self._store.commit([_put(denied)])
        self._tell("approval_denied", denied)
        return denied

    async def _undecided(self, message_id: MessageId) -> Draft:
        draft = await self.one(message_id)
        state = draft.state(self._clock.now())
        if state == "expired":
            raise Refused(
                "approval_expired",
                "This question is older than 10 minutes.",
                "The agent has to send it again; then it is asked anew.",
            )
        if state != "waiting":
            raise UsageError(
                "approval_decided",
                f"This draft was {_SETTLED[state]} already.",
                "agentmesh approvals",
            )
        return draft

    def _tell(self, kind: str, draft: Draft) -> None:
        found = dict.fromkeys(draft.secrets, True)
        self._bulletin.publish(
            Notice(kind=kind, peer=draft.peer, message_id=draft.message_id, fields={**found})
        )


def _alike(peer: Amid, drafts: list[Draft], contacts: set[Amid]) -> list[Draft]:
    """Return those to the same peer. All strangers are one: whoever makes up AMIDs has many."""
    peers = {peer} if peer in contacts else {it.peer for it in drafts} - contacts
    return [it for it in drafts if it.peer in peers]


def _put(draft: Draft) -> Put:
    return Put(
        CardRow(
            drawer=DRAWER,
            name=draft.message_id,
            body=msgspec.msgpack.encode(draft),
            created_at=draft.asked_at,
            expires_at=draft.asked_at + KEPT_SECONDS,
        )
    )
