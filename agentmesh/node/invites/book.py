"""Our invites: each for one peer, for ten minutes, with three tries. What counts is on the disk."""

import asyncio
from typing import Literal

import msgspec

from agentmesh.errors import UsageError
from agentmesh.identity.invite_code import WORD_BYTES, InviteCode, words_of
from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.protocol.frames import ReplyKey
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import INVITE_TRIES
from agentmesh.storage.interface import CardRow, Change, Put

DRAWER = "invite"
MAX_SLOT = 99
KEPT_SECONDS = 86400
"""So long after its end an invite is remembered, to say what became of it."""

InviteState = Literal["open", "used", "dead", "expired"]


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """Who joined by an invite, in which attempt, and how its daemon is answered again."""

    by: Amid
    attempt: str
    reply_key: ReplyKey
    tag: bytes


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """One invite."""

    slot: int
    words: str
    note: str
    made_at: float
    until: float
    tries_left: int = INVITE_TRIES
    use: Use | None = None

    def state(self, now: float) -> InviteState:
        """Return whether it still serves. A clock that went back makes nothing young again."""
        if self.use is not None:
            return "used"
        if self.tries_left == 0:
            return "dead"
        return "open" if self.made_at <= now + 1 and now < self.until else "expired"


class InviteBook:
    """Makes invites, counts tries, remembers who joined."""

    def __init__(self, hand: AtHand) -> None:
        self._hand = hand
        self._store = hand.store
        self._clock = hand.clock
        self._one_at_a_time = asyncio.Lock()

    async def all(self) -> list[Invite]:
        """Return all invites that are remembered, by slot."""
        cards = await self._store.cards(DRAWER)
        invites = [msgspec.msgpack.decode(card.body, type=Invite) for card in cards]
        return sorted(invites, key=lambda invite: invite.slot)

    async def make(self, note: str, seconds: float) -> Invite:
        """Make an invite in the lowest slot that is not remembered."""
        async with self._one_at_a_time:
            now = self._clock.now()
            words = words_of(self._hand.keys.ring.entropy(WORD_BYTES))
            slot = await self._free_slot()
            invite = Invite(slot=slot, words=words, note=note, made_at=now, until=now + seconds)
            await self._store.commit([_put(invite)])
        self._hand.bulletin.publish(Notice(kind="invite_made"))
        return invite

    async def _free_slot(self) -> int:
        taken = {invite.slot for invite in await self.all()}
        slot = next((it for it in range(1, MAX_SLOT + 1) if it not in taken), None)
        if slot is None:
            raise UsageError(
                "too_many_invites", f"{MAX_SLOT} invites are remembered.", "agentmesh invites list"
            )
        return slot

    def code(self, invite: Invite) -> InviteCode:
        """Return what is passed on."""
        return InviteCode(self._hand.keys.ring.identity.amid, invite.slot, invite.words)

    async def find(self, slot: int) -> Invite | None:
        """Return the invite in a slot."""
        card = await self._store.card(DRAWER, str(slot))
        return None if card is None else msgspec.msgpack.decode(card.body, type=Invite)

    async def revoke(self, slot: int) -> Invite:
        """End an invite now. Its slot stays taken: nobody tries the old words on another invite."""
        async with self._one_at_a_time:
            invite = await self.find(slot)
            if invite is None:
                raise UsageError(
                    "unknown_invite", "There is no such invite.", "agentmesh invites list"
                )
            ended = msgspec.structs.replace(invite, until=min(invite.until, self._clock.now()))
            await self._store.commit([_put(ended)])
        self._hand.bulletin.publish(Notice(kind="invite_revoked"))
        return ended

    async def charge(self, slot: int) -> Invite | None:
        """Take one try off an open invite, before anybody hears how it went."""
        async with self._one_at_a_time:
            invite = await self.find(slot)
            if invite is None or invite.state(self._clock.now()) != "open":
                return None
            charged = msgspec.structs.replace(invite, tries_left=invite.tries_left - 1)
            await self._store.commit([_put(charged)])
        return charged

    async def use(self, slot: int, use: Use) -> None:
        """Keep who joined: nobody else will."""
        async with self._one_at_a_time:
            invite = await self.find(slot)
            if invite is not None:
                await self._store.commit([_put(msgspec.structs.replace(invite, use=use))])
        self._hand.bulletin.publish(Notice(kind="invite_used", peer=use.by))


def _put(invite: Invite) -> Change:
    return Put(
        CardRow(
            drawer=DRAWER,
            name=str(invite.slot),
            body=msgspec.msgpack.encode(invite),
            created_at=invite.made_at,
            expires_at=invite.until + KEPT_SECONDS,
        )
    )
