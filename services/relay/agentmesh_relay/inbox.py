"""What one connected agent is getting: a queue, and a window of deliveries it has not yet kept.

A letter in the window is forgotten when its addressee acknowledges it, and not before. Letters
come from memory (their senders were told `forwarded`) or from the mailbox (`queued`).
"""

from collections import Counter, deque
from collections.abc import Iterable
from functools import partial
from itertools import chain
from typing import Protocol

import msgspec

from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import Outcome, Receive
from agentmesh.protocol.world import Clock
from agentmesh_relay.bulk import Bulk
from agentmesh_relay.delivery import Delivery, Memory
from agentmesh_relay.mailbox.interface import Letter, Mailbox, Pending, Refusal, Room, Stored

WINDOW_MESSAGES = 256
WINDOW_BYTES = 192 * 1024
"""Less than a connection's outgoing buffer: deliveries alone never have a reader cut off."""

RESERVED_BYTES = 32 * 1024
"""What deliveries leave free of a connection's outgoing buffer."""

HELD_MESSAGES = 512
HELD_BYTES = 2 * 1024 * 1024
"""What may wait in memory for one agent. Beyond it a letter goes into the mailbox."""

ACK_SECONDS = 30
"""After that an unacknowledged letter is moved from memory into the mailbox."""

GIVE_UP_SECONDS = 120
"""After that the connection is cut: the agent gets the letter again when it comes back."""

ROOM = Room()
ROOM_FOR_MOVED = Room(
    messages=limits.MAILBOX_MESSAGES + HELD_MESSAGES,
    per_sender=limits.MAILBOX_PER_SENDER + HELD_MESSAGES,
    receipts=limits.MAILBOX_RECEIPTS + HELD_MESSAGES,
    bytes=limits.MAILBOX_BYTES + HELD_BYTES,
)
"""`forwarded` was promised already: what moves may go beyond what is newly taken."""

Key = tuple[Amid, FrameId]


class Reader(Protocol):
    """The connection that gets it all."""

    @property
    def room(self) -> int:
        """How many bytes may be said before the reader is cut off."""

    def say(self, frame: Receive) -> None:
        """Write a frame."""


class Inbox:
    """See above. Every method is called in the loop's thread and returns at once."""

    __slots__ = (
        "_all",
        "_arriving",
        "_bulk",
        "_clock",
        "_held",
        "_held_bytes",
        "_is_closed",
        "_is_fetching",
        "_mailbox",
        "_memory",
        "_reader",
        "_waiting",
        "_window",
        "_window_bytes",
        "_window_letters",
    )

    def __init__(self, reader: Reader, mailbox: Mailbox, memory: Memory, clock: Clock) -> None:
        self._clock = clock
        self._reader = reader
        self._mailbox = mailbox
        self._memory = memory
        self._all: dict[Key, Delivery] = {}
        self._waiting: deque[Delivery] = deque()
        self._window: dict[int, Delivery] = {}
        self._window_bytes = 0
        self._window_letters = 0
        self._bulk = Bulk()
        self._held = 0
        self._held_bytes = 0
        self._arriving: Counter[Amid] = Counter()
        self._is_fetching = False
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._all)

    def begin(self, pending: Iterable[Pending]) -> None:
        """Start with what waited in the mailbox."""
        for about in pending:
            self._add(Delivery(about))
        self._pump()

    def hold(self, letter: Letter) -> Outcome | None:
        """Take a letter into memory and say what its sender is told, or None if it cannot be."""
        same = self._all.get((letter.sender, letter.id))
        if same is not None:
            return "forwarded" if same.row is None else "queued"
        if letter.message_type == "bulk":
            return self._hold_bulk(letter)
        # One sender's letters keep their order: none overtakes what is on its way to the disk.
        if letter.sender in self._arriving or self._held >= HELD_MESSAGES:
            return None
        size = len(letter.payload)
        if self._held_bytes + size > HELD_BYTES or not self._memory.take(size):
            return None
        self._held += 1
        self._held_bytes += size
        self._add(Delivery(letter))
        self._pump()
        return "forwarded"

    def _hold_bulk(self, letter: Letter) -> Outcome | None:
        size = len(letter.payload)
        if not self._bulk.has_room(size) or not self._memory.take(size):
            return None
        delivery = Delivery(letter)
        self._all[delivery.sender, delivery.id] = delivery
        self._bulk.add(delivery)
        self._pump()
        return "forwarded"

    def expect(self, sender: Amid) -> None:
        """Know that a letter of this sender is on its way to the disk, until `expected`."""
        self._arriving[sender] += 1

    def expected(self, sender: Amid) -> None:
        """Know that it is there, or was refused."""
        self._arriving[sender] -= 1
        if not self._arriving[sender]:
            del self._arriving[sender]

    def arrived(self, about: Pending) -> None:
        """Take over a letter that the mailbox keeps since now."""
        same = self._all.get((about.sender, about.id))
        if same is None:
            self._add(Delivery(about))
            self._pump()
        elif same.row is None:
            self._keep_on_disk(same, about.row)

    def ack(self, numbers: Iterable[int]) -> list[Delivery]:
        """Forget what the agent has kept, and return it. Numbers of others do nothing."""
        kept = [it for number in numbers if (it := self._window.pop(number, None)) is not None]
        for delivery in kept:
            delivery.is_kept = True
            del self._all[delivery.sender, delivery.id]
            if delivery.is_bulk:
                self._bulk.let_go(delivery)
                self._memory.give_back(delivery.size)
                continue
            self._window_bytes -= delivery.size
            self._window_letters -= 1
            if delivery.row is None:
                self._let_go(delivery)
        rows = [delivery.row for delivery in kept if delivery.row is not None]
        if rows:
            self._mailbox.remove(rows)
        self._pump()
        return kept

    def is_overdue(self, now: float) -> bool:
        """Move what was not acknowledged in time to the disk; whether the agent takes too long."""
        for delivery in self._window.values():  # in the order in which they were written
            age = now - delivery.written_at
            if age < ACK_SECONDS:
                return False
            if age >= GIVE_UP_SECONDS:
                return True
            if delivery.row is None and not delivery.is_moving:
                delivery.is_moving = True
                self._move(delivery)
        return False

    def close(self) -> None:
        """Move what is in memory only into the mailbox, in order."""
        self._is_closed = True
        for delivery in chain(self._window.values(), self._waiting, self._bulk.drop()):
            if delivery.row is None:
                self._move(delivery)
                self._memory.give_back(delivery.size)

    def _add(self, delivery: Delivery) -> None:
        self._all[delivery.sender, delivery.id] = delivery
        self._waiting.append(delivery)

    def _pump(self) -> None:
        """Write what waits, letters first; what is held back goes when an ack makes room for it."""
        self._pump_letters()
        while (chunk := self._bulk.next(self._room())) is not None and chunk.letter is not None:
            self._write(chunk, chunk.letter)

    def _pump_letters(self) -> None:
        while self._waiting and self._window_letters < WINDOW_MESSAGES:
            delivery = self._waiting[0]
            is_full = self._window_bytes + delivery.size > WINDOW_BYTES
            if delivery.size > self._room() or (self._window and is_full):
                return
            if delivery.letter is None:
                self._fetch()
                return
            self._waiting.popleft()
            self._window_bytes += delivery.size
            self._window_letters += 1
            self._write(delivery, delivery.letter)

    def _room(self) -> int:
        """Return how much may be written; something always, or no ack would ever come."""
        return self._reader.room - RESERVED_BYTES if self._window else limits.MAILBOX_BYTES

    def _write(self, delivery: Delivery, letter: Letter) -> None:
        number = self._memory.number()
        self._window[number] = delivery
        delivery.written_at = self._clock.monotonic()
        self._reader.say(
            Receive(
                delivery=number,
                id=letter.id,
                sender=letter.sender,
                message_type=letter.message_type,
                encrypted_payload=letter.payload,
                timestamp=letter.sent_at,
                attempt=letter.attempts + 1,
            )
        )
        if delivery.row is not None:
            delivery.letter = None

    def _fetch(self) -> None:
        """Read the next letters from the mailbox: as many as the window can take at once."""
        if self._is_fetching:
            return
        rows: list[int] = []
        size = 0
        for delivery in self._waiting:
            size += delivery.size
            if delivery.letter is not None or delivery.row is None:
                break
            if rows and (size > WINDOW_BYTES or len(rows) >= WINDOW_MESSAGES):
                break
            rows.append(delivery.row)
        self._is_fetching = True
        self._mailbox.fetch(rows, partial(self._fetched, len(rows)))

    def _fetched(self, count: int, found: dict[int, Letter]) -> None:
        self._is_fetching = False
        if self._is_closed:
            return
        fetched = [self._waiting.popleft() for _ in range(count)]
        for delivery in reversed(fetched):
            delivery.letter = found.get(delivery.row or 0)
            if delivery.letter is None:  # it expired
                del self._all[delivery.sender, delivery.id]
            else:
                self._waiting.appendleft(delivery)
        self._pump()

    def _move(self, delivery: Delivery) -> None:
        letter = delivery.letter
        if letter is not None and letter.message_type != "bulk":
            if delivery.written_at:
                letter = msgspec.structs.replace(letter, attempts=1)
            self._mailbox.put(letter, ROOM_FOR_MOVED, partial(self._moved, delivery))

    def _moved(self, delivery: Delivery, result: Stored | Refusal) -> None:
        if isinstance(result, Refusal):
            return
        if delivery.is_kept:
            self._mailbox.remove([result.row])
        elif not self._is_closed:
            self._keep_on_disk(delivery, result.row)

    def _keep_on_disk(self, delivery: Delivery, row: int) -> None:
        self._let_go(delivery)
        delivery.row = row
        if delivery.written_at:
            delivery.letter = None

    def _let_go(self, delivery: Delivery) -> None:
        self._held -= 1
        self._held_bytes -= delivery.size
        self._memory.give_back(delivery.size)
