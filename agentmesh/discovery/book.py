"""What is remembered of a registry's log, and where that is kept."""

from typing import Protocol

import msgspec

from agentmesh.identity.registry_log import KnownHead
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import STANDING_SECONDS
from agentmesh.protocol.merkle import Frontier
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.transparency import subject_of

MAX_SEEN = 2000
"""Of so many agents the newest entry is remembered; who was met longest ago is forgotten first."""


class Book(msgspec.Struct, kw_only=True):
    """How far a log was read, and what it said.

    `followed` are the entries, `revocations` those of them that take identities back, all read and
    checked. `seen` is the newest entry of an agent that we looked up. `revoked` are subjects.
    `fault`: why nothing of this registry is believed any more, since when, and the signed heads
    that show it.
    """

    head: KnownHead
    followed: Frontier
    revocations: Frontier = Frontier()
    revoked: set[bytes] = msgspec.field(default_factory=set)
    seen: dict[bytes, int] = msgspec.field(default_factory=dict)
    fault: str = ""
    fault_at: float = 0
    heads: tuple[Signed, ...] = ()

    def vouches(self, amid: Amid, now: float) -> bool:
        """Whether the log, as it was a short while ago at most, had not taken an identity back."""
        if self.fault or subject_of(amid) in self.revoked:
            return False
        is_read = self.revocations.size == self.head.tree.revocations
        return is_read and abs(now - self.head.tree.timestamp / 1000) <= STANDING_SECONDS

    def newest_of(self, subject: bytes) -> int:
        """Return the newest entry that we know of an agent; -1 if none."""
        return self.seen.get(subject, -1)

    def note(self, subject: bytes, index: int) -> None:
        """Remember an agent's newest entry."""
        self.seen.pop(subject, None)
        self.seen[subject] = index
        if len(self.seen) > MAX_SEEN:
            del self.seen[next(iter(self.seen))]


class Cabinet(Protocol):
    """Where the book is kept."""

    async def load(self) -> Book | None:
        """Return the book; None if there is none yet."""

    async def save(self, book: Book) -> None:
        """Keep the book."""

    async def clear(self) -> None:
        """Forget the book."""


class Memory:
    """Keeps a book as long as the process lives."""

    def __init__(self) -> None:
        self._book: Book | None = None

    async def load(self) -> Book | None:
        """Return the book."""
        return self._book

    async def save(self, book: Book) -> None:
        """Keep the book."""
        self._book = book

    async def clear(self) -> None:
        """Forget the book."""
        self._book = None
