"""The mailbox that several relays share: letters in JetStream, bounds that hold for all of them.

Each recipient has a lane: what is asked about it happens one after another on this node. Between
nodes the stream decides: a letter is stored only if its recipient's last row is the one that this
node counted up to; if not, it looks again. So no bound is passed, whoever else is writing.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Protocol

import msgspec

from agentmesh.errors import TransportError
from agentmesh.observability.logs import Code, record
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock
from agentmesh_relay.cluster.line import Heard
from agentmesh_relay.cluster.link import Link
from agentmesh_relay.mailbox.box import Box, Row
from agentmesh_relay.mailbox.interface import Letter, Pending, Refusal, Room, Stored
from agentmesh_relay.mailbox.lanes import Lanes
from agentmesh_relay.mailbox.moves import Moves
from agentmesh_relay.mailbox.puts import FULL_RETRY_SECONDS, Put
from agentmesh_relay.mailbox.stream import KEPT, Full, State, Stream, is_subject

MAX_UNWRITTEN_BYTES = 64 * 1024**2
"""Payloads that wait for JetStream. Beyond it a letter is refused for some seconds."""

OVERHEAD_BYTES = 1024
"""What each of them takes beside its payload."""

MAX_BUSY = 256
"""Recipients that are attended to at once; the others wait."""

MAX_KNOWN = 100_000
TRIES = 8
"""So often another node may be quicker; then the letter is refused for some seconds."""

FRESH_SECONDS = 1.0
"""So old may be what is known about a mailbox to refuse a letter: to look again costs NATS more."""

TROUBLE_RETRY_SECONDS = 5
CLOSE_SECONDS = 10

_log = logging.getLogger(__name__)


class House(Protocol):
    """Who has the agents."""

    def present(self) -> list[Amid]:
        """Return who is here."""

    def is_here(self, amid: Amid) -> bool:
        """Whether this agent is here."""

    def arrived(self, amid: Amid, about: Pending) -> None:
        """Give a letter to it that another node has put there, if it is still here."""


class JetStreamMailbox:
    """See `Mailbox`."""

    def __init__(self, link: Link, house: House, clock: Clock) -> None:
        self._clock = clock
        self._link = link
        self._stream = Stream(link)
        self._state = State("", 0)
        self._house = house
        self._boxes: dict[Amid, Box] = {}
        self._owners: dict[int, Amid] = {}
        self._known: dict[Amid, None] = {}
        self._lanes = Lanes(MAX_BUSY)
        self._moves = Moves(asyncio.get_running_loop().call_later, self._enter)
        self._unwritten = 0
        self._trouble: Code | None = None
        link.prepare(self._prepare)
        link.listen(f"{KEPT}.*", self._heard)
        link.watch(self._look_at_all, self._forget)

    def put(self, letter: Letter, room: Room, done: Callable[[Stored | Refusal], None]) -> None:
        """Keep a letter; `done(Stored)` is said only after the fsync."""
        is_much = self._unwritten + len(letter.payload) > MAX_UNWRITTEN_BYTES
        trouble = self._link.trouble() or (Code("overloaded") if is_much else None)
        if trouble is not None:
            done(_refused(trouble))
        else:
            self._moves.hurry(letter.recipient)
            self._enter(Put(letter, room, done))

    def move(self, letter: Letter, room: Room, done: Callable[[Stored | Refusal], None]) -> None:
        """Keep a letter that was promised already: not at once, but before what is newer."""
        self._moves.add(Put(letter, room, done))

    def open(self, amid: Amid, now: int, done: Callable[[list[Pending]], None]) -> None:
        """Hand over what waits for this agent, oldest first; from now on the agent is known."""
        self._moves.hurry(amid)
        self._lanes.enter(amid, partial(self._open, amid, now, done))

    def fetch(self, rows: Sequence[int], done: Callable[[dict[int, Letter]], None]) -> None:
        """Hand over letters, each counted as attempted once more. What is gone is not in it."""
        owner = next((self._owners[row] for row in rows if row in self._owners), None)
        if owner is None:
            done({})
        else:
            self._lanes.enter(owner, partial(self._fetch, owner, rows, done))

    def remove(self, rows: Sequence[int]) -> None:
        """Forget letters that were acknowledged."""
        for owner in {self._owners[row] for row in rows if row in self._owners}:
            mine = [row for row in rows if self._owners.get(row) == owner]
            self._lanes.enter(owner, partial(self._remove, owner, mine))

    def expire(self, now: int) -> None:  # noqa: ARG002 - the server itself forgets letters
        """Forget what is known about the mailboxes of those who are away."""
        for amid in [
            it for it in self._boxes if it not in self._lanes and not self._house.is_here(it)
        ]:
            self._disown(self._boxes.pop(amid))

    def trouble(self) -> Code | None:
        """Return a word for why nothing can be kept at the moment, or None."""
        return self._link.trouble() or self._trouble

    async def close(self) -> None:
        """Carry out what was asked so far, if that does not take too long."""
        self._moves.hurry_all()
        await self._lanes.finish(CLOSE_SECONDS)

    # --- jobs ----------------------------------------------------------------------------------

    def _enter(self, put: Put) -> None:
        if is_subject(put.letter.recipient):  # senders can write anything there
            self._unwritten += len(put.letter.payload) + OVERHEAD_BYTES
            self._lanes.enter(put.letter.recipient, partial(self._put, put))
        else:
            put.done(Refusal("UNKNOWN_RECIPIENT"))

    async def _put(self, put: Put) -> None:
        letter = put.letter
        try:
            result = await self._keep(letter, put.room)
        except TransportError as error:
            self._box(letter.recipient).is_read = False  # it may lie there all the same
            if isinstance(error, Full):
                self._trouble = Code(error.code)
            result = _refused(Code(error.code))
        finally:
            self._unwritten -= len(letter.payload) + OVERHEAD_BYTES
        put.done(result)

    async def _keep(self, letter: Letter, room: Room) -> Stored | Refusal:
        amid = letter.recipient
        box = self._box(amid)
        seconds = max(1, -(-(letter.expires_at - letter.sent_at) // 1000))
        for _ in range(TRIES):
            if not box.is_read:
                await self._read(amid, box)
            same = box.find(letter)
            if same is None and box.has_room(letter, room):
                if not await self._is_known(amid):
                    return Refusal("UNKNOWN_RECIPIENT")
                row = await self._stream.put(letter, box.last, seconds)
                if row is not None:
                    self._trouble = None
                    self._own(amid, box, row, letter)
                    return Stored(row)
                await self._catch_up(amid, box)
            elif self._clock.monotonic() - box.read_at < FRESH_SECONDS:
                full = Refusal("MAILBOX_FULL", FULL_RETRY_SECONDS)
                return full if same is None else Stored(same.row)
            else:
                box.is_read = False  # it may have been removed at another node
        return _refused(Code("contended"))

    async def _open(self, amid: Amid, now: int, done: Callable[[list[Pending]], None]) -> None:
        box = self._box(amid)
        try:
            if not await self._is_known(amid):  # a question is cheaper than a sync
                await self._stream.meet(amid)
                self._know(amid)
            await self._read(amid, box)
        except TransportError:
            done([])
        else:
            done(box.pending(now))

    async def _fetch(
        self, amid: Amid, rows: Sequence[int], done: Callable[[dict[int, Letter]], None]
    ) -> None:
        box = self._box(amid)
        found: dict[int, Letter] = {}

        def take(row: int, letter: Letter) -> None:
            if row in rows:
                attempts = letter.attempts + box.attempted(row)
                found[row] = msgspec.structs.replace(letter, attempts=attempts)

        try:
            await self._stream.read(amid, take, min(rows), max(rows))
        except TransportError:
            box.is_read = False  # they are looked at again when the connection is back
        done(found)

    async def _remove(self, amid: Amid, rows: Sequence[int]) -> None:
        box = self._box(amid)
        self._disown(rows)
        try:
            await self._stream.remove(amid, *box.remove(rows))
        except TransportError:
            box.is_read = False  # they are delivered once more

    async def _look(self, amid: Amid) -> None:
        """Give to the agent what came since we looked last."""
        box = self._box(amid)
        seen = box.seen if box.is_read else 0
        try:
            await self._catch_up(amid, box)
        except TransportError:
            return  # looked at again when the connection is back
        for about in box.pending(0):
            if about.row > seen:
                self._house.arrived(amid, about)

    async def _read(self, amid: Amid, box: Box) -> None:
        self._disown(box)
        box.begin()
        await self._stream.read(amid, partial(self._own, amid, box))
        box.is_read = True
        box.read_at = self._clock.monotonic()

    async def _catch_up(self, amid: Amid, box: Box) -> None:
        """Know what came since; if that is nothing, something was removed."""
        seen = box.seen
        if box.is_read:
            await self._stream.read(amid, partial(self._own, amid, box), seen + 1)
        if box.seen == seen:
            await self._read(amid, box)

    async def _is_known(self, amid: Amid) -> bool:
        if amid not in self._known:
            if not await self._stream.has_met(amid):
                return False
            self._know(amid)
        return True

    # --- what NATS tells -----------------------------------------------------------------------

    async def _prepare(self) -> None:
        state = await self._stream.ensure()
        if state.created != self._state.created or state.last < self._state.last:
            # Another stream, or an older copy of it: its rows are not the ones that we know.
            self._boxes.clear()
            self._owners.clear()
            self._known.clear()
        self._state = state

    def _heard(self, heard: Heard) -> None:
        amid = Amid(heard.subject.rpartition(".")[2])
        if not self._house.is_here(amid):
            return
        row = int(heard.headers.get("Nats-Sequence", "0"))
        self._state = msgspec.structs.replace(self._state, last=max(self._state.last, row))
        box = self._boxes.get(amid)
        if box is None or row > box.seen:
            self._lanes.enter(amid, partial(self._look, amid))

    def _look_at_all(self) -> None:
        for amid in self._house.present():
            self._lanes.enter(amid, partial(self._look, amid))

    def _forget(self) -> None:
        for box in self._boxes.values():
            box.is_read = False

    # --- what we know --------------------------------------------------------------------------

    def _box(self, amid: Amid) -> Box:
        return self._boxes.setdefault(amid, Box())

    def _own(self, amid: Amid, box: Box, row: int, letter: Letter) -> None:
        box.add(Row.of(row, letter))
        self._owners[row] = amid

    def _disown(self, rows: Iterable[int]) -> None:
        for row in rows:
            self._owners.pop(row, None)

    def _know(self, amid: Amid) -> None:
        if len(self._known) >= MAX_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[amid] = None


def _refused(code: Code) -> Refusal:
    record(_log, logging.WARNING, "mailbox.put_failed", code=code)
    return Refusal("INTERNAL_ERROR", TROUBLE_RETRY_SECONDS)
