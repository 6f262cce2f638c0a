"""How full the mailboxes are into which letters come at the moment, without counting each time.

It belongs to the thread that writes, and is right because only that thread changes the table.
Letters whose time is over count until they are swept: before a refusal the table itself is asked.
"""

from collections import Counter

from agentmesh.protocol.ids import Amid
from agentmesh_relay.mailbox.interface import Letter, Room

MAX_TALLIES = 4096
"""Beyond it those that were opened first are forgotten."""

Which = tuple[Amid, bool]
"""A recipient, and whether receipts are meant."""


def which(letter: Letter) -> Which:
    """Return where a letter counts."""
    return letter.recipient, letter.message_type == "receipt"


class Tally:
    """What lies in one mailbox, by sender."""

    __slots__ = ("_bytes", "_letters", "_senders")

    def __init__(self, senders: Counter[Amid], size: int) -> None:
        self._senders = senders
        self._letters = senders.total()
        self._bytes = size

    def has_room(self, letter: Letter, room: Room) -> bool:
        """Whether the letter may come in."""
        if self._bytes + len(letter.payload) > room.bytes:
            return False
        if letter.message_type == "receipt":
            return self._letters < room.receipts
        if self._letters >= room.messages:
            return False
        mine = self._senders[letter.sender]
        return mine < room.per_sender or len(self._senders) == 1

    def add(self, letter: Letter) -> None:
        """Count it."""
        self._senders[letter.sender] += 1
        self._letters += 1
        self._bytes += len(letter.payload)


class Tallies:
    """Those of late."""

    def __init__(self, bound: int = MAX_TALLIES) -> None:
        self._by_mailbox: dict[Which, Tally] = {}
        self._bound = bound

    def get(self, mailbox: Which) -> Tally | None:
        """Return how full a mailbox is if that is known."""
        return self._by_mailbox.get(mailbox)

    def keep(self, mailbox: Which, tally: Tally) -> None:
        """Know it from now on."""
        if len(self._by_mailbox) >= self._bound:
            del self._by_mailbox[next(iter(self._by_mailbox))]
        self._by_mailbox[mailbox] = tally

    def forget(self, mailbox: Which) -> None:
        """Ask the table the next time."""
        self._by_mailbox.pop(mailbox, None)

    def forget_all(self) -> None:
        """Ask the table for each."""
        self._by_mailbox.clear()
