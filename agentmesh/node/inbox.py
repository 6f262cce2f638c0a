"""What came for the agent, and what it has read."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import msgspec

from agentmesh.errors import Refused, UsageError
from agentmesh.messages.envelope import Envelope
from agentmesh.node.at_hand import AtHand
from agentmesh.node.conversations import Conversations
from agentmesh.node.notices import rings
from agentmesh.node.repetitions import Place, elsewhere
from agentmesh.node.turn import Turn
from agentmesh.protocol.ids import Amid, MessageId
from agentmesh.session.events import Read
from agentmesh.storage.interface import Consume, IncomingRow

PAGE = 1000
MAX_LOOKED_AT = 10_000
"""So many of the newest messages are looked through for those of peers that are not paused."""
MAX_SEEN = 1000
PROGRESS = "status"
"""The type of a message that is no answer yet."""

Rows = list[IncomingRow]
_NEWS = frozenset({"message_received", "breaker_lifted"})
"""The kinds of notices after which there may be more to show."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which messages. `after`: the id of the last one that was seen; `only`: of whom."""

    unread: bool = False
    peer: Amid | None = None
    after: MessageId | None = None
    limit: int = 20
    only: Callable[[Amid], Awaitable[bool]] | None = None


@dataclass(frozen=True)
class Answers:
    """What a peer said to a message: its reply, and how far it had come before that."""

    reply: IncomingRow | None
    progress: IncomingRow | None


NOTHING = Answers(None, None)


class _Words(msgspec.Struct):
    """Of an envelope, what is shown."""

    payload: bytes


_words = msgspec.msgpack.Decoder(_Words).decode


class Inbox:
    """Messages in the order in which the agent may see them: each once."""

    def __init__(self, hand: AtHand, talks: Conversations) -> None:
        self._store = hand.store
        self._talks = talks
        self._bulletin = hand.bulletin
        self._clock = hand.clock
        self._paused = hand.switches.paused_peers
        self._seen: dict[MessageId, tuple[Amid, int]] = {}

    async def list(self, wanted: Wanted, wait: float = 0) -> list[IncomingRow]:
        """Return messages; if there is none, wait so many seconds for the first one.

        Of what was read already only the newest is of interest, of what was not the oldest.
        """
        if not wanted.unread and wanted.after is None and not wait:
            return await self._newest(wanted)
        after = await self._position(wanted.after)
        async with self._bulletin.bell(_NEWS) as news:
            until = self._clock.monotonic() + wait
            while True:
                rows = await self._shown(wanted, after)
                self._remember(rows[-1:])
                left = until - self._clock.monotonic()
                if rows or left <= 0:
                    return rows
                await rings(news, left)

    def _remember(self, last: Rows) -> None:
        """Keep where the last message lies: who reads on asks for those after it."""
        if len(self._seen) >= MAX_SEEN:
            self._seen.clear()
        self._seen |= {row.message_id: (row.peer, row.position or 0) for row in last}

    async def _newest(self, wanted: Wanted) -> Rows:
        limit = wanted.limit if not self._paused else MAX_LOOKED_AT
        rows = await self._store.newest(wanted.peer, limit)
        return [row for row in rows if row.peer not in self._paused][-wanted.limit :]

    async def _shown(self, wanted: Wanted, after: int) -> Rows:
        """Return the next messages; those of a paused peer are shown once the owner resumes."""
        shown: Rows = []
        while len(shown) < wanted.limit:
            limit = PAGE if self._paused or wanted.only else wanted.limit
            rows = await self._store.inbox(
                unread=wanted.unread, peer=wanted.peer, after=after, limit=limit
            )
            hidden = set(self._paused)
            if wanted.only is not None:
                peers = {row.peer for row in rows}
                hidden |= {peer for peer in peers if not await wanted.only(peer)}
            shown += [row for row in rows if row.peer not in hidden]
            if len(rows) < limit:
                break
            after = rows[-1].position or 0
        return shown[: wanted.limit]

    async def one(self, message_id: MessageId, peer: Amid | None = None) -> IncomingRow:
        """Return a message that the agent may see.

        An id is its sender's choice, and may be one that somebody else used before. Where a peer is
        named its own message is meant; else whoever used the id first keeps it.
        """
        row = await self._store.incoming(message_id, peer)
        if peer is not None and row is None:
            return await self.one(message_id)
        if row is None or row.position is None:
            raise UsageError(
                "unknown_message", "There is no message of this id.", "agentmesh inbox"
            )
        if row.peer in self._paused:
            raise Refused(
                "peer_paused",
                "The peer that wrote this is paused.",
                f"agentmesh resume {row.peer}",
            )
        return row

    async def consume(self, message_id: MessageId, peer: Amid | None = None) -> IncomingRow:
        """Mark a message as read, and tell its sender."""
        row = await self.one(message_id, peer)
        if row.consumed_at is not None:
            return row
        consumed = Consume(message_id, self._clock.now(), row.peer)
        await self._read(row.peer, Place(row.session_id, row.sequence), consumed)
        # Looked up only now: until this was kept, it may have come again elsewhere.
        if again := await elsewhere(self._store, row):
            await self._read(row.peer, again)
        return msgspec.structs.replace(row, consumed_at=consumed.at)

    async def _read(self, peer: Amid, place: Place, *also: Consume) -> None:
        """Tell a peer what was read. `also` is kept with it: nobody would tell it later."""

        async def job(turn: Turn) -> None:
            turn.sheet.changes += also
            if place.session_id in turn.talks:
                turn.apply(place.session_id, Read((place.sequence,)))

        await self._talks.run(peer, job)

    async def answers_to(self, message_id: MessageId, peer: Amid) -> Answers:
        """Return what a peer has said to a message of ours."""
        if peer in self._paused:
            return NOTHING
        after, progress = 0, None
        while rows := await self._store.inbox(unread=False, peer=peer, after=after, limit=PAGE):
            for row in rows:
                if envelope_of(row).in_reply_to != message_id:
                    continue
                if row.type != PROGRESS:
                    return Answers(row, progress)
                progress = row
            after = rows[-1].position or 0
        return Answers(None, progress)

    async def _position(self, after: MessageId | None) -> int:
        if after is None:
            return 0
        peer, position = self._seen.get(after, ("", 0))
        if position and peer not in self._paused:
            return position
        row = await self.one(after)
        return row.position or 0


def envelope_of(row: IncomingRow) -> Envelope:
    """Return the envelope that a row keeps."""
    return msgspec.msgpack.decode(row.body, type=Envelope)


def payload_of(row: IncomingRow) -> bytes:
    """Return what its sender says: the rest of the envelope was checked when it came."""
    return _words(row.body).payload
