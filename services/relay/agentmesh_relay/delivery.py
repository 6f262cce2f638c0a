"""Letters on their way to a live connection, and the memory that all of them share."""

from typing import Protocol

import msgspec

from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import Receive, Send
from agentmesh_relay.mailbox.interface import Letter, Pending, Room

HELD_MESSAGES = 512
HELD_BYTES = 2 * 1024 * 1024
"""What may wait in memory for one agent. Beyond it a letter goes into the mailbox."""

ROOM = Room()
ROOM_FOR_MOVED = Room(
    messages=limits.MAILBOX_MESSAGES + HELD_MESSAGES,
    per_sender=limits.MAILBOX_PER_SENDER + HELD_MESSAGES,
    receipts=limits.MAILBOX_RECEIPTS + HELD_MESSAGES,
    bytes=limits.MAILBOX_BYTES + HELD_BYTES,
)
"""`forwarded` was promised already: what moves may go beyond what is newly taken."""

HELD_BYTES_IN_ALL = 256 * 1024 * 1024
"""What may wait in memory for all agents together."""

OWN_BYTES = 8 * 1024
"""What each agent has besides: readers that take nothing cannot keep others' letters from them."""


class Memory:
    """What all inboxes share: the bytes they hold, and the numbers they give."""

    def __init__(self, first_number: int, bound: int = HELD_BYTES_IN_ALL) -> None:
        self._number = first_number
        self._free = bound

    @property
    def free(self) -> int:
        """How many bytes nobody has."""
        return self._free

    def numbers(self, count: int) -> range:
        """Return numbers that this relay has given to no delivery before."""
        first = self._number + 1
        self._number += count
        return range(first, first + count)

    def take(self, size: int) -> bool:
        """Take so many bytes if they are free."""
        if size > self._free:
            return False
        self._free -= size
        return True

    def give_back(self, size: int) -> None:
        """Free so many bytes."""
        self._free += size


class Share:
    """What one agent takes of the memory, beyond what is its own."""

    __slots__ = ("_bytes", "_letters", "_memory")

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._letters = 0
        self._bytes = 0

    def take(self, letters: int, size: int) -> bool:
        """Take room for so many letters if it is there."""
        if self._letters + letters > HELD_MESSAGES or self._bytes + size > HELD_BYTES:
            return False
        beyond = self._bytes + size - OWN_BYTES
        if beyond > 0 and not self._memory.take(min(beyond, size)):
            return False
        self._letters += letters
        self._bytes += size
        return True

    def give_back(self, letters: int, size: int) -> None:
        """Free so much."""
        beyond = self._bytes - OWN_BYTES
        if beyond > 0:
            self._memory.give_back(min(beyond, size))
        self._letters -= letters
        self._bytes -= size


class Delivery(msgspec.Struct, gc=False):
    """One letter on its way: without `row` in memory only, else on disk.

    `letter` is it, as long as it is in memory; or `send`, as it came `sent_at`.
    """

    sender: Amid
    id: FrameId
    size: int
    want_acked: bool
    written_at: float = 0.0
    letter: Letter | None = None
    row: int | None = None
    is_bulk: bool = False
    is_moving: bool = False
    is_kept: bool = False
    send: Send | None = None
    sent_at: int = 0

    def content(self) -> Letter | None:
        """Return the letter if it is in memory."""
        if self.send is not None:
            return letter_of(self.sender, self.send, self.sent_at)
        return self.letter

    def drop_content(self) -> None:
        """Have it on disk only."""
        self.letter = self.send = None


def letter_of(sender: Amid, send: Send, now: int) -> Letter:
    """Return what somebody sends at this time as a letter."""
    seconds = limits.MAILBOX_SECONDS if send.expires_in is None else send.expires_in
    return Letter(
        sender=sender,
        recipient=send.to,
        id=send.id,
        message_type=send.message_type,
        payload=send.encrypted_payload,
        sent_at=now,
        expires_at=now + seconds * 1000,
        want_acked=send.want_acked,
    )


def receive_of(number: int, letter: Letter) -> Receive:
    """Return what its addressee is told."""
    return Receive(
        delivery=number,
        id=letter.id,
        sender=letter.sender,
        message_type=letter.message_type,
        encrypted_payload=letter.payload,
        timestamp=letter.sent_at,
        attempt=letter.attempts + 1,
    )


class Reader(Protocol):
    """The connection that gets it all."""

    @property
    def room(self) -> int:
        """How many bytes may be said before the reader is cut off."""

    def say_raw(self, data: bytes) -> None:
        """Write WebSocket frames as they are."""

    def say(self, frame: Receive) -> None:
        """Write a frame."""


class Kept(msgspec.Struct, gc=False):
    """What an agent has acknowledged: how many, and whose senders want to know."""

    letters: int
    wanted: list[tuple[Amid, FrameId]]


def held(letter: Letter, size: int) -> Delivery:
    """Return the delivery of a letter that is in memory only."""
    is_bulk = letter.message_type == "bulk"
    return Delivery(
        letter.sender, letter.id, size, letter.want_acked, letter=letter, is_bulk=is_bulk
    )


def stored(about: Pending) -> Delivery:
    """Return the delivery of a letter that is on disk only."""
    return Delivery(about.sender, about.id, about.size, about.want_acked, row=about.row)
