"""Letters on their way to a live connection, and the memory that all of them share."""

from agentmesh_relay.mailbox.interface import Letter, Pending

HELD_BYTES_IN_ALL = 256 * 1024 * 1024
"""What may wait in memory for all agents together."""


class Memory:
    """What all inboxes share: the bytes they hold, and the numbers they give."""

    def __init__(self, first_number: int, bound: int = HELD_BYTES_IN_ALL) -> None:
        self._number = first_number
        self._free = bound

    def number(self) -> int:
        """Return a number that this relay has given to no delivery before."""
        self._number += 1
        return self._number

    def take(self, size: int) -> bool:
        """Take so many bytes if they are free."""
        if size > self._free:
            return False
        self._free -= size
        return True

    def give_back(self, size: int) -> None:
        """Free so many bytes."""
        self._free += size


class Delivery:
    """One letter on its way: without `row` in memory only, without `letter` on disk only."""

    __slots__ = (
        "id",
        "is_bulk",
        "is_kept",
        "is_moving",
        "letter",
        "row",
        "sender",
        "size",
        "want_acked",
        "written_at",
    )

    def __init__(self, about: Letter | Pending) -> None:
        self.sender = about.sender
        self.id = about.id
        self.want_acked = about.want_acked
        self.written_at = 0.0
        self.is_moving = False
        self.is_kept = False
        self.letter: Letter | None = None
        self.row: int | None = None
        self.is_bulk = False
        if isinstance(about, Letter):
            self.letter = about
            self.is_bulk = about.message_type == "bulk"
            self.size = len(about.payload)
        else:
            self.row = about.row
            self.size = about.size
