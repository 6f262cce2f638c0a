"""What the relay keeps on disk: letters for agents that are away, and whom it has met.

Calls return at once; `done` is called later, in the event loop's thread and in the order of the
calls, so that no message costs a task or a future.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from agentmesh.observability.logs import Code
from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import ErrorCode, MessageType


class Letter(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A sealed message on its way. Times are milliseconds since 1970."""

    sender: Amid
    recipient: Amid
    id: FrameId
    message_type: MessageType
    payload: bytes
    sent_at: int
    expires_at: int
    want_acked: bool = False
    attempts: int = 0


class Pending(msgspec.Struct, frozen=True, gc=False):
    """A letter in the mailbox, without its payload. `row` is its name there, never used again."""

    row: int
    sender: Amid
    id: FrameId
    size: int
    want_acked: bool


class Room(msgspec.Struct, frozen=True):
    """How much may lie in one agent's mailbox. At the bound the new letter is refused."""

    messages: int = limits.MAILBOX_MESSAGES
    per_sender: int = limits.MAILBOX_PER_SENDER
    receipts: int = limits.MAILBOX_RECEIPTS
    bytes: int = limits.MAILBOX_BYTES


class Stored(msgspec.Struct, frozen=True, gc=False):
    """It is on the disk, now or since an earlier time."""

    row: int


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """It is not kept."""

    code: ErrorCode
    retry_after_seconds: int | None = None


Told = Callable[[Stored | Refusal], None]
"""Hears what became of a letter."""


class Mailbox(Protocol):
    """Letters by recipient, at most one of each (recipient, sender, id)."""

    def put(self, letter: Letter, room: Room, done: Told) -> None:
        """Keep a letter; `done(Stored)` is said only after the fsync."""

    def move(self, letter: Letter, room: Room, done: Told) -> None:
        """Keep a letter that was promised already: not at once, but before what is newer.

        It is in memory anyway: that many wait for the disk is no reason to refuse it.
        """

    def open(self, amid: Amid, now: int, done: Callable[[list[Pending]], None]) -> None:
        """Hand over what waits for this agent, oldest first; from now on the agent is known."""

    def fetch(self, rows: Sequence[int], done: Callable[[dict[int, Letter]], None]) -> None:
        """Hand over letters, each counted as attempted once more. What is gone is not in it."""

    def remove(self, rows: Sequence[int]) -> None:
        """Forget letters that were acknowledged."""

    def expire(self, now: int) -> None:
        """Forget letters whose time is over, and agents not seen for longest beyond the bound."""

    def trouble(self) -> Code | None:
        """Return a word for why nothing can be kept at the moment, or None."""
