"""What waits for one agent, as far as this node knows: the rows, and whether there is room."""

from collections import Counter
from collections.abc import Iterable, Iterator

import msgspec

from agentmesh.protocol.ids import Amid, FrameId
from agentmesh_relay.mailbox.interface import Letter, Pending, Room


class Row(msgspec.Struct, frozen=True, gc=False):
    """One letter, without its payload. `row` is its sequence number in the stream."""

    row: int
    sender: Amid
    id: FrameId
    is_receipt: bool
    size: int
    expires_at: int
    want_acked: bool

    @classmethod
    def of(cls, row: int, letter: Letter) -> "Row":
        """Return the row that this letter has."""
        return cls(
            row=row,
            sender=letter.sender,
            id=letter.id,
            is_receipt=letter.message_type == "receipt",
            size=len(letter.payload),
            expires_at=letter.expires_at,
            want_acked=letter.want_acked,
        )

    def pending(self) -> Pending:
        """Return it as an inbox wants to know it."""
        return Pending(self.row, self.sender, self.id, self.size, self.want_acked)


class Box:
    """One agent's rows, oldest first.

    Once it is read, all that lies there up to `seen` is known: what follows is read from there on,
    and a put names the `last` row, so that it fails if another node was quicker. Rows that others
    removed may still be among ours, until the box is read anew.
    """

    __slots__ = ("_attempts", "_rows", "is_read", "read_at", "seen")

    def __init__(self) -> None:
        self._rows: dict[int, Row] = {}
        self._attempts: Counter[int] = Counter()
        self.is_read = False
        self.read_at = float("-inf")
        self.seen = 0

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[int]:
        return iter(self._rows)

    @property
    def last(self) -> int:
        """The newest row, or 0."""
        return next(reversed(self._rows), 0)

    def begin(self) -> None:
        """Know nothing: it is about to be read."""
        self._rows.clear()
        self.is_read = False

    def add(self, row: Row) -> None:
        """Know one more, the newest."""
        self._rows[row.row] = row
        self.seen = max(self.seen, row.row)

    def remove(self, rows: Iterable[int]) -> tuple[int, list[int]]:
        """Forget these. Return up to which row all may go, and which have to go one by one."""
        gone = sorted(set(rows))
        for row in gone:
            self._rows.pop(row, None)
            self._attempts.pop(row, None)
        if not self.is_read:
            return 0, gone
        oldest = next(iter(self._rows), self.seen + 1)
        end = max((row for row in gone if row < oldest and row <= self.seen), default=0)
        return end, [row for row in gone if row > end]

    def attempted(self, row: int) -> int:
        """Count one more attempt to deliver it, and return how many there were before."""
        before = self._attempts[row]
        self._attempts[row] += 1
        return before

    def find(self, letter: Letter) -> Row | None:
        """Return the row of the same letter."""
        for row in self._rows.values():
            is_same = row.id == letter.id and row.sender == letter.sender
            if is_same and row.expires_at > letter.sent_at:
                return row
        return None

    def pending(self, now: int) -> list[Pending]:
        """Return what waits and has not expired."""
        return [row.pending() for row in self._rows.values() if row.expires_at > now]

    def has_room(self, letter: Letter, room: Room) -> bool:
        """Whether one more may lie here."""
        is_receipt = letter.message_type == "receipt"
        alike = [
            row
            for row in self._rows.values()
            if row.is_receipt == is_receipt and row.expires_at > letter.sent_at
        ]
        if sum(row.size for row in alike) + len(letter.payload) > room.bytes:
            return False
        if is_receipt:
            return len(alike) < room.receipts
        mine = sum(row.sender == letter.sender for row in alike)
        others_wait = mine < len(alike)
        return len(alike) < room.messages and not (others_wait and mine >= room.per_sender)
