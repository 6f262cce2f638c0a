"""What the agent says: checked, kept, sent; and what became of it."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from agentmesh.errors import TransportError, UsageError
from agentmesh.messages.body import Body
from agentmesh.node.at_hand import AtHand
from agentmesh.node.breakers import stopped
from agentmesh.node.consent.approvals import AWAITING, DENIED, EXPIRED
from agentmesh.node.consent.drafts import Draft, draft_of
from agentmesh.node.consent.leave import insist
from agentmesh.node.consent.rooms import ConsentRooms
from agentmesh.node.conversations import Conversations
from agentmesh.node.errands import Errands
from agentmesh.node.inbox import NOTHING, Inbox
from agentmesh.node.notices import rings
from agentmesh.node.sessions import takes_messages, wish_of
from agentmesh.node.turn import Wish
from agentmesh.policy.outbound import Impulse
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid, MessageId, SessionId, uuid7
from agentmesh.session.events import Saying
from agentmesh.session.flow import is_full
from agentmesh.session.states import Open
from agentmesh.storage.interface import Change, IncomingRow, Outcome, OutgoingRow

MAX_UNSETTLED = 10_000
COUNT_EVERY = 1000
"""So many messages are taken for each count: a full outbox takes a quarter of a millisecond."""
SETTLED: frozenset[Outcome] = frozenset({"delivered", "consumed", "refused", "undeliverable"})
PEER_IS_FULL = "peer_is_full"
"""A stream's receiver has to read before it takes more."""
_OF_DRAFTS: dict[str, tuple[Outcome, str]] = {
    "waiting": ("queued", AWAITING),
    "approved": ("queued", ""),
    "denied": ("refused", DENIED),
    "expired": ("refused", EXPIRED),
}


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message, as far as we know."""

    message_id: MessageId
    session_id: SessionId
    outcome: Outcome
    reason: str = ""
    reply: IncomingRow | None = None
    progress: IncomingRow | None = None
    timed_out: bool = False


class Outbox:
    """Keeps what is said until the peer's daemon has it."""

    def __init__(
        self,
        hand: AtHand,
        talks: Conversations,
        inbox: Inbox,
        errands: Errands,
        consent: ConsentRooms,
    ) -> None:
        self._hand = hand
        self._consent = consent
        self._store = hand.store
        self._talks = talks
        self._inbox = inbox
        self._errands = errands
        self._room = 0
        self._being_kept = 0

    async def say(
        self,
        peer: Amid,
        bodies: Sequence[Body],
        wish: Wish,
        in_reply_to: MessageId | None = None,
        impulse: Impulse = "owner",
    ) -> list[Fate]:
        """Keep messages and see to them, in their order; or put them before the owner.

        They are safe once this returns: all of them, or none. `impulse`: on whose words our agent
        acts.
        """
        if peer == self._hand.keys.ring.identity.amid:
            raise UsageError("peer_is_ourselves", "That is this agent's own AMID.")
        self._refuse_if_stopped()
        self._being_kept += len(bodies)
        try:
            await self._take_room(len(bodies))
            words = [(body.payload, body.secrets) for body in bodies]
            verdicts = await self._consent.leave.ask_all(peer, words, impulse)
            said = self._sayings(bodies, in_reply_to)
            drafts: dict[int, Draft] = {}
            for at, (saying, body, verdict) in enumerate(zip(said, bodies, verdicts, strict=True)):
                insist(verdict)
                if verdict.decision == "ask_owner":
                    draft = draft_of(saying.message_id, peer, body, wish, in_reply_to)
                    drafts[at + 1] = replace(draft, reason=verdict.reason)
            return await self._keep(peer, wish, said, drafts)
        finally:
            self._being_kept -= len(bodies)

    async def _keep(
        self, peer: Amid, wish: Wish, said: list[Saying], drafts: dict[int, Draft]
    ) -> list[Fate]:
        """Keep what was said, and of it those drafts for the owner; return the fate of each."""
        leaving = tuple(it for at, it in enumerate(said, 1) if at not in drafts)

        async def save(changes: tuple[Change, ...]) -> SessionId:
            if leaving:
                return await self._send(peer, wish, leaving, changes)
            self._refuse_if_stopped()
            await self._store.commit(changes)
            return SessionId("")

        session_id = await (self._consent.approvals.keep(drafts, save) if drafts else save(()))
        return [
            Fate(
                message_id=saying.message_id,
                session_id=SessionId("") if at in drafts else session_id,
                outcome="queued",
                reason=AWAITING if at in drafts else "",
            )
            for at, saying in enumerate(said, 1)
        ]

    async def approve(self, message_id: MessageId, digest: str) -> Draft:
        """Send a draft, as the owner said."""
        return await self._consent.approvals.approve(message_id, digest, self._release)

    async def _release(self, draft: Draft, done: Change) -> None:
        insist(await self._consent.leave.ask(draft.peer, draft.payload, "owner"))
        saying = _saying(draft.message_id, draft, draft.in_reply_to, self._hand.clock.now())
        await self._send(draft.peer, await self._wish_now(draft), (saying,), (done,))

    async def _wish_now(self, draft: Draft) -> Wish:
        """Return the draft's wish; a session that ended meanwhile is replaced by one like it."""
        if draft.session_id is not None:
            talk = await self._talks.look(draft.peer, draft.session_id)
            if talk is None or not takes_messages(talk, self._hand.clock.now()):
                return replace(draft.wish, session_id=None)
        return draft.wish

    def _sayings(self, bodies: Sequence[Body], in_reply_to: MessageId | None) -> list[Saying]:
        """Return what is said as messages of this moment, each under a fresh id."""
        now, entropy = self._hand.clock.now(), self._hand.keys.ring.entropy
        return [_saying(MessageId(uuid7(now, entropy)), body, in_reply_to, now) for body in bodies]

    async def _send(
        self, peer: Amid, wish: Wish, sayings: tuple[Saying, ...], also: tuple[Change, ...] = ()
    ) -> SessionId:
        """Say this; return the session it travels in. `also` is kept in the same transaction."""
        self._refuse_if_stopped()
        return await self._talks.say(peer, wish, sayings, also)

    async def _take_room(self, count: int) -> None:
        """Refuse what would make the outbox grow without bound; it is counted now and then."""
        if self._room < count:
            left = MAX_UNSETTLED - (await self._store.counts()).outbox - self._being_kept
            if left < 0:
                raise TransportError(
                    "outbox_full",
                    f"{MAX_UNSETTLED} messages may wait for their peers at a time.",
                    "Try again when some are through: agentmesh status",
                )
            self._room = min(left, COUNT_EVERY)
        else:
            self._room -= count

    def _refuse_if_stopped(self) -> None:
        if self._hand.switches.emergency:
            raise stopped()

    async def wish_to_answer(self, row: IncomingRow) -> Wish:
        """Return the wish to answer a message: in its session, or in one like it."""
        talk = await self._talks.look(row.peer, row.session_id)
        if talk is None:
            return Wish(intent=Intent(category="communication"), request=SessionRequest())
        wish = wish_of(talk)
        if takes_messages(talk, self._hand.clock.now()):
            return replace(wish, session_id=row.session_id)
        return wish

    async def peer_of(self, message_id: MessageId) -> Amid:
        """Return whom a message of ours is for."""
        row = await self._store.outgoing(message_id)
        if row is not None:
            return row.peer
        draft = await self._consent.approvals.find(message_id)
        if draft is None:
            raise UsageError("unknown_message", "There is no message of this id.")
        return draft.peer

    async def fate(self, peer: Amid, message_id: MessageId) -> Fate:
        """Return what became of a message so far."""
        row = await self._store.outgoing(message_id)
        if row is None:
            return await self._fate_of_draft(message_id)
        outcome = "queued" if row.outcome == "held" else row.outcome
        reason = row.reason or (await self._why(row) if outcome == "queued" else "")
        said = NOTHING
        if outcome in SETTLED:
            said = await self._inbox.answers_to(message_id, peer)
        if outcome == "delivered" and said.reply is not None:
            outcome = "consumed"  # who answers has read, though the receipt may be on its way
        return Fate(
            message_id=message_id,
            session_id=row.session_id,
            outcome=outcome,
            reason=reason,
            reply=said.reply,
            progress=said.progress,
        )

    async def _fate_of_draft(self, message_id: MessageId) -> Fate:
        draft = await self._consent.approvals.find(message_id)
        if draft is None:
            raise UsageError("unknown_message", "There is no message of this id.")
        outcome, reason = _OF_DRAFTS[draft.state(self._hand.clock.now())]
        return Fate(message_id=message_id, session_id=SessionId(""), outcome=outcome, reason=reason)

    async def wait(
        self, peer: Amid, said: Fate, seconds: float, *, for_reply: bool, seen: str | None = None
    ) -> Fate:
        """Return the fate once it is settled (with `for_reply`: answered), or time is over.

        With `seen`, the id of the last `status` that its caller knows, the next one is enough.
        """
        clock = self._hand.keys.ring.clock
        until = clock.monotonic() + seconds
        async with self._hand.bulletin.bell(peer=peer) as news:
            while True:
                fate = await self.fate(peer, said.message_id)
                is_final = fate.outcome in {"refused", "undeliverable"}
                is_there = fate.outcome in SETTLED and not for_reply
                if is_final or is_there or fate.reply is not None or _is_further(fate, seen):
                    return fate
                left = until - clock.monotonic()
                if left <= 0 or not await rings(news, left):
                    fate = await self.fate(peer, said.message_id)
                    return replace(fate, timed_out=True)

    async def _why(self, row: OutgoingRow) -> str:
        """Return what a message waits for, as far as we know."""
        if row.sequence is None:
            talk = await self._talks.look(row.peer, row.session_id)
            if talk is not None and isinstance(talk.state, Open) and is_full(talk.state):
                return PEER_IS_FULL
        return self._errands.reason(row.session_id) or "awaiting_peer"


def _saying(
    message_id: MessageId, said: Body | Draft, in_reply_to: MessageId | None, now: float
) -> Saying:
    return Saying(
        message_id=message_id,
        type=said.type,
        payload=said.payload,
        in_reply_to=in_reply_to,
        context=said.context,
        timestamp=int(now * 1000),
        priority=said.priority,
    )


def _is_further(fate: Fate, seen: str | None) -> bool:
    return seen is not None and fate.progress is not None and fate.progress.message_id != seen
