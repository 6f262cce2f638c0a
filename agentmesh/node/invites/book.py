"""Our invites: each for one peer, for ten minutes, with three tries. What counts is on the disk."""

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


class Invite(msgspec.Struct, frozen=True, kw_only=True):
    """One invite. `used_by` is who joined by it, and how its daemon is answered again."""

    slot: int
    words: str
    note: str
    made_at: float
    until: float
    tries_left: int = INVITE_TRIES
    used_by: Amid = Amid("")
    used_with: str = ""
    reply_key: ReplyKey | None = None
    tag: bytes = b""

    def state(self, now: float) -> InviteState:
        """Return whether it still serves. A clock that went back makes nothing young again."""
        if self.used_by:
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

    async def all(self) -> list[Invite]:
        """Return all invites that are remembered, by slot."""
        cards = await self._store.cards(DRAWER)
        invites = [msgspec.msgpack.decode(card.body, type=Invite) for card in cards]
        return sorted(invites, key=lambda invite: invite.slot)

    async def make(self, note: str, seconds: float) -> Invite:
        """Make an invite in the lowest slot that is not remembered."""
        taken = {invite.slot for invite in await self.all()}
        slot = next((it for it in range(1, MAX_SLOT + 1) if it not in taken), None)
        if slot is None:
            raise UsageError(
                "too_many_invites", f"{MAX_SLOT} invites are remembered.", "agentmesh invites list"
            )
        now = self._clock.now()
        words = words_of(self._hand.keys.ring.entropy(WORD_BYTES))
        invite = Invite(slot=slot, words=words, note=note, made_at=now, until=now + seconds)
        await self._store.commit([_put(invite)])
        self._hand.bulletin.publish(Notice(kind="invite_made"))
        return invite

    def code(self, invite: Invite) -> InviteCode:
        """Return what is passed on."""
        return InviteCode(self._hand.keys.ring.identity.amid, invite.slot, invite.words)

    async def find(self, slot: int) -> Invite | None:
        """Return the invite in a slot."""
        card = await self._store.card(DRAWER, str(slot))
        return None if card is None else msgspec.msgpack.decode(card.body, type=Invite)

    async def revoke(self, slot: int) -> Invite:
        """End an invite now. Its slot stays taken: nobody tries the old words on another invite."""
        invite = await self.find(slot)
        if invite is None:
            raise UsageError("unknown_invite", "There is no such invite.", "agentmesh invites list")
        ended = msgspec.structs.replace(invite, until=min(invite.until, self._clock.now()))
        await self._store.commit([_put(ended)])
        self._hand.bulletin.publish(Notice(kind="invite_revoked"))
        return ended

    async def charge(self, invite: Invite) -> Invite:
        """Take one try off, before anybody hears how it went."""
        charged = msgspec.structs.replace(invite, tries_left=max(0, invite.tries_left - 1))
        await self._store.commit([_put(charged)])
        return charged

    async def use(self, invite: Invite) -> None:
        """Keep who joined: nobody else will."""
        await self._store.commit([_put(invite)])
        self._hand.bulletin.publish(Notice(kind="invite_used", peer=invite.used_by))


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
