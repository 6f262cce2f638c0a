"""What one connected agent is getting: a queue, and a window of deliveries it has not yet kept.

A letter in the window is forgotten when its addressee acknowledges it, and not before. Letters
come from memory (their senders were told `forwarded`) or from the mailbox (`queued`).
"""

from collections import Counter, deque
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain

import msgspec

from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import Outcome
from agentmesh.protocol.world import Clock
from agentmesh_relay.bulk import Bulk
from agentmesh_relay.bundle import Bundle
from agentmesh_relay.delivery import (
    ROOM,
    ROOM_FOR_MOVED,
    Delivery,
    Kept,
    Memory,
    Reader,
    Share,
    held,
    receive_of,
    stored,
)
from agentmesh_relay.mailbox.interface import Letter, Mailbox, Pending, Refusal, Stored, Told
from agentmesh_relay.reading import Reading
from agentmesh_relay.window import Window
from agentmesh_relay.wording import delivered

RESERVED_BYTES = 32 * 1024
"""What deliveries leave free of a connection's outgoing buffer."""

ACK_SECONDS = 30
"""After that an unacknowledged letter is moved from memory into the mailbox."""

GIVE_UP_SECONDS = 120
"""After that the connection is cut: the agent gets the letter again when it comes back."""


class Inbox:
    """See above. Every method is called in the loop's thread and returns at once."""

    __slots__ = (
        "_all",
        "_arriving",
        "_bulk",
        "_clock",
        "_is_closed",
        "_mailbox",
        "_memory",
        "_reader",
        "_reading",
        "_share",
        "_waiting",
        "_window",
    )

    def __init__(self, reader: Reader, mailbox: Mailbox, memory: Memory, clock: Clock) -> None:
        self._clock = clock
        self._reader = reader
        self._mailbox = mailbox
        self._memory = memory
        self._all: dict[tuple[Amid, FrameId], Delivery] = {}
        self._waiting: deque[Delivery] = deque()
        self._window = Window()
        self._bulk = Bulk(memory)
        self._share = Share(memory)
        self._arriving: Counter[Amid] = Counter()
        self._reading = Reading(mailbox)
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._all) + len(self._window.bundles)

    def begin(self, pending: Iterable[Pending]) -> None:
        """Start with what waited in the mailbox."""
        for about in pending:
            self._add(stored(about))
        self._pump()

    def hold(self, letter: Letter) -> Outcome | None:
        """Take a letter into memory and say what its sender is told, or None if it cannot be."""
        same = self._all.get((letter.sender, letter.id))
        if same is not None:
            return "forwarded" if same.row is None else "queued"
        if self._window.bundles.have_one_of(letter.sender, {letter.id}):
            return "forwarded"
        if letter.message_type == "bulk":
            return self._hold_bulk(letter)
        # One sender's letters keep their order: none overtakes what is on its way to the disk.
        size = len(letter.payload)
        if letter.sender in self._arriving or not self._share.take(1, size):
            return None
        self._add(held(letter, size))
        self._pump()
        return "forwarded"

    def hold_all(self, bundle: Bundle) -> bool:
        """Take new letters into memory and write them: all of them, or none.

        For an inbox in which little is under way: what is not so simple is for `hold`.
        """
        sender, window, count, size = bundle.sender, self._window, len(bundle.ids), bundle.size
        if self._waiting or sender in self._arriving or not window.is_calm_with(count, size):
            return False
        ids = set(bundle.ids)
        if len(ids) < count or window.bundles.have_one_of(sender, ids):
            return False
        is_known = self._all and any((sender, one) in self._all for one in ids)
        if is_known or not self._share.take(count, size):
            return False
        bundle.numbers = tuple(self._memory.numbers(count))
        bundle.written_at = self._clock.monotonic()
        window.add_bundle(bundle)
        self._reader.say_raw(delivered(bundle))
        return True

    def _hold_bulk(self, letter: Letter) -> Outcome | None:
        delivery = held(letter, len(letter.payload))
        if not self._bulk.take(delivery):
            return None
        self._all[letter.sender, letter.id] = delivery
        self._pump()
        return "forwarded"

    def bring(self, letter: Letter, told: Told) -> bool:
        """Have a letter kept and write it meanwhile, if little is under way; else do nothing."""
        size, key = len(letter.payload), (letter.sender, letter.id)
        is_calm = not self._waiting and self._window.is_calm_with(1, size)
        is_known = key in self._all or self._window.bundles.have_one_of(letter.sender, {letter.id})
        if not is_calm or is_known or key[0] in self._arriving or not self._share.take(1, size):
            return False
        delivery = self._all[key] = held(letter, size)
        delivery.is_moving = True
        # To the disk first: when its sender hears of that, it is not to know that we were here.
        kept = msgspec.structs.replace(letter, attempts=1)
        self._mailbox.put(kept, ROOM, partial(self._brought, delivery, told))
        self._write(delivery, letter)
        return True

    def _brought(self, delivery: Delivery, told: Told, result: Stored | Refusal) -> None:
        told(result)
        self._moved(delivery, result)

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
        if self._window.bundles.have_one_of(about.sender, {about.id}):
            self._break_up()
        same = self._all.get((about.sender, about.id))
        if same is None:
            self._add(stored(about))
            self._pump()
        elif same.row is None:
            self._keep_on_disk(same, about.row)

    def ack(self, numbers: tuple[int, ...]) -> Kept:
        """Forget what the agent has kept. Numbers of others do nothing."""
        together, single = self._window.bundles.take(numbers)
        kept = Kept(0, [])
        for bundle in together:
            count = len(bundle.ids)
            kept.letters += count
            kept.wanted += [(bundle.sender, send.id) for send in bundle.sends if send.want_acked]
            self._share.give_back(count, bundle.size)
            self._window.let_go(count, bundle.size)
        if single:
            self._break_up()
            self._ack_each(single, kept)
        self.go_on()
        return kept

    def _ack_each(self, numbers: tuple[int, ...], kept: Kept) -> None:
        rows: list[int] = []
        for delivery in self._window.take(numbers):
            kept.letters += 1
            delivery.is_kept = True
            del self._all[delivery.sender, delivery.id]
            if delivery.want_acked:
                kept.wanted.append((delivery.sender, delivery.id))
            if delivery.is_bulk:
                self._bulk.let_go(delivery)
                continue
            self._window.let_go(1, delivery.size)
            if delivery.row is None:
                self._share.give_back(1, delivery.size)
            else:
                rows.append(delivery.row)
        if rows:
            self._mailbox.remove(rows)

    def go_on(self) -> None:
        """Write what waits: the reader has taken what was written."""
        if self._waiting or self._bulk:
            self._pump()

    def is_overdue(self, now: float) -> bool:
        """Move what was not acknowledged in time to the disk; whether the agent takes too long."""
        if self._window.bundles.are_older_than(now - ACK_SECONDS):
            self._break_up()
        for delivery in self._window:  # in the order in which they were written
            age = now - delivery.written_at
            if age < ACK_SECONDS:
                return False
            if age >= GIVE_UP_SECONDS:
                return True
            if delivery.row is None and not delivery.is_moving:
                delivery.is_moving = True
                self._move(delivery, partial(self._moved, delivery))
        return False

    def close(self) -> None:
        """Move what is in memory only into the mailbox, in order. It takes memory until then."""
        self._is_closed = True
        self._break_up()
        self._bulk.drop()
        for delivery in chain(self._window, self._waiting):
            if delivery.row is None and not delivery.is_bulk:
                self._move(delivery, partial(self._left, delivery.size))

    def _break_up(self) -> None:
        for delivery in self._window.break_up():
            self._all[delivery.sender, delivery.id] = delivery

    def _add(self, delivery: Delivery) -> None:
        self._all[delivery.sender, delivery.id] = delivery
        self._waiting.append(delivery)

    def _pump(self) -> None:
        """Write what waits, letters first; what is held back goes when an ack makes room for it."""
        self._pump_letters()
        while (chunk := self._bulk.next(self._room())) is not None and chunk.letter is not None:
            self._write(chunk, chunk.letter)

    def _pump_letters(self) -> None:
        while self._waiting and not self._window.is_full:
            delivery = self._waiting[0]
            if delivery.size > self._room() or not self._window.has_room(delivery.size):
                return
            if delivery.letter is None:
                self._reading.begin(self._waiting, self._read)
                return
            self._waiting.popleft()
            self._write(delivery, delivery.letter)

    def _room(self) -> int:
        """Return how much may be written; something always, or no ack would ever come."""
        return self._reader.room - RESERVED_BYTES if self._window else limits.MAILBOX_BYTES

    def _write(self, delivery: Delivery, letter: Letter) -> None:
        (number,) = self._memory.numbers(1)
        self._window.add(number, delivery)
        delivery.written_at = self._clock.monotonic()
        self._reader.say(receive_of(number, letter))
        if delivery.row is not None:
            delivery.letter = None

    def _read(self, gone: Sequence[Delivery]) -> None:
        for delivery in gone:
            del self._all[delivery.sender, delivery.id]
        if not self._is_closed:
            self._pump()

    def _move(self, delivery: Delivery, done: Told) -> None:
        letter = delivery.content()
        if letter is not None and letter.message_type != "bulk":
            if delivery.written_at:
                letter = msgspec.structs.replace(letter, attempts=1)
            self._mailbox.move(letter, ROOM_FOR_MOVED, done)

    def _left(self, size: int, _result: Stored | Refusal) -> None:
        self._share.give_back(1, size)

    def _moved(self, delivery: Delivery, result: Stored | Refusal) -> None:
        if isinstance(result, Stored) and delivery.is_kept:
            self._mailbox.remove([result.row])
        elif isinstance(result, Stored) and not self._is_closed:
            self._keep_on_disk(delivery, result.row)

    def _keep_on_disk(self, delivery: Delivery, row: int) -> None:
        self._share.give_back(1, delivery.size)
        delivery.row = row
        if delivery.written_at:
            delivery.drop_content()
