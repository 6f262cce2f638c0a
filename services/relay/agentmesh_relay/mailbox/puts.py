"""Many letters into the table at once: one statement for up to 64 of them.

A statement lets go of the interpreter and has to get it back, which takes long while the loop is
busy: the fewer there are, the more letters a second.
"""

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import TypeVar

import msgspec

from agentmesh.protocol.ids import Amid
from agentmesh_relay.mailbox.interface import Letter, Refusal, Room, Stored
from agentmesh_relay.mailbox.tally import Tallies, Tally, Which, which

FULL_RETRY_SECONDS = 30
AT_ONCE = (64, 16, 4, 1)
"""Few different statements, so that each is prepared once."""

T = TypeVar("T")

_FIELDS = (
    "row, recipient, sender, id, message_type, is_receipt, size, sent_at, expires_at,"
    " want_acked, attempts, payload"
)


class Put(msgspec.Struct, frozen=True):
    """A letter that shall be kept, and whom to tell."""

    letter: Letter
    room: Room
    done: Callable[[Stored | Refusal], None]


def put_all(
    puts: Sequence[Put], tallies: Tallies, database: sqlite3.Connection
) -> list[Stored | Refusal]:
    """Keep the letters for which there is room, and say what became of each."""
    _count(puts, tallies, database)
    batch = _Batch(tallies, database)
    results = [batch.put(put.letter, put.room) for put in puts]
    batch.insert()
    return [_where(result, batch.elsewhere) for result in results]


def _count(puts: Sequence[Put], tallies: Tallies, database: sqlite3.Connection) -> None:
    """Know how full these mailboxes are, many by two statements: as far as they are known."""
    firsts = {which(put.letter): put.letter for put in reversed(puts)}
    new = [letter for mailbox, letter in firsts.items() if tallies.get(mailbox) is None]
    for letters in _in_parts(new):
        names = [letter.recipient for letter in letters]
        known = _known(names, database)
        senders: dict[Which, Counter[Amid]] = defaultdict(Counter)
        sizes: Counter[Which] = Counter()
        now = min(letter.sent_at for letter in letters)
        for recipient, is_receipt, sender, count, size in _lying(names, now, database):
            mailbox = recipient, bool(is_receipt)
            senders[mailbox][sender] += count
            sizes[mailbox] += size
        for mailbox in map(which, letters):
            if mailbox[0] in known:
                tallies.keep(mailbox, Tally(senders[mailbox], sizes[mailbox]))


def _known(names: Sequence[Amid], database: sqlite3.Connection) -> set[str]:
    # In one row: each row lets go of the interpreter, too.
    marks = ", ".join("?" * len(names))
    one_row = f"SELECT group_concat(amid, ' ') FROM known WHERE amid IN ({marks})"  # noqa: S608
    (found,) = database.execute(one_row, names).fetchone()
    return set((found or "").split())  # of none there is none, and not an empty name


def _lying(names: Sequence[Amid], now: int, database: sqlite3.Connection) -> sqlite3.Cursor:
    marks = ", ".join("?" * len(names))
    return database.execute(
        "SELECT recipient, is_receipt, sender, count(*), sum(size) FROM letters"  # noqa: S608
        f" WHERE recipient IN ({marks}) AND expires_at > ? GROUP BY recipient, is_receipt, sender",
        (*names, now),
    )


def _where(result: Stored | Refusal, elsewhere: Mapping[int, int]) -> Stored | Refusal:
    if isinstance(result, Stored) and result.row in elsewhere:
        return Stored(elsewhere[result.row])
    return result


class _Batch:
    """Letters that have their place, and are not in the table yet."""

    def __init__(self, tallies: Tallies, database: sqlite3.Connection) -> None:
        self._tallies = tallies
        self._database = database
        self._rows: list[tuple[int, Letter]] = []
        self._keys: set[tuple[str, str, str]] = set()
        self._mailboxes: set[Which] = set()
        self._last = _last_row(database)
        self.elsewhere: dict[int, int] = {}
        """Rows of letters that were there already, by those which they would have had."""

    def put(self, letter: Letter, room: Room) -> Stored | Refusal:
        """Give it a place, or say why it has none."""
        key = letter.recipient, letter.sender, letter.id
        if key in self._keys:  # it has to be in the table to be found there
            self.insert()
        mailbox = which(letter)
        tally = self._tallies.get(mailbox)
        if tally is None or not tally.has_room(letter, room):
            if mailbox in self._mailboxes:  # the table has to know what counts
                self.insert()
            found = _looked_up(letter, room, self._database)
            if not isinstance(found, Tally):
                return found
            tally = found
            self._tallies.keep(mailbox, tally)
        tally.add(letter)
        self._last += 1
        self._rows.append((self._last, letter))
        self._keys.add(key)
        self._mailboxes.add(mailbox)
        return Stored(self._last)

    def insert(self) -> None:
        """Have it all in the table."""
        rows, self._rows = self._rows, []
        self._keys.clear()
        self._mailboxes.clear()
        for some in _in_parts(rows):
            self._insert(some)

    def _insert(self, rows: Sequence[tuple[int, Letter]]) -> None:
        values = list(chain.from_iterable(_values(row, letter) for row, letter in rows))
        cursor = self._database.execute(_statement(len(rows)), values)
        if cursor.rowcount == len(rows):
            return
        for row, letter in rows:
            there = _same(letter, self._database)
            if there is not None and there != row:
                self.elsewhere[row] = there
                self._tallies.forget(which(letter))


def _in_parts(many: Sequence[T]) -> Iterator[Sequence[T]]:
    """Return all of them, in parts of few different sizes."""
    at = 0
    while at < len(many):
        count = next(count for count in AT_ONCE if count <= len(many) - at)
        yield many[at : at + count]
        at += count


@lru_cache(len(AT_ONCE))
def _statement(count: int) -> str:
    marks = "(" + ", ".join("?" * len(_FIELDS.split(","))) + ")"
    every = ", ".join([marks] * count)
    return f"INSERT OR IGNORE INTO letters ({_FIELDS}) VALUES {every}"  # noqa: S608 - only marks


def _values(row: int, letter: Letter) -> tuple[object, ...]:
    return (
        row,
        letter.recipient,
        letter.sender,
        letter.id,
        letter.message_type,
        letter.message_type == "receipt",
        len(letter.payload),
        letter.sent_at,
        letter.expires_at,
        letter.want_acked,
        letter.attempts,
        letter.payload,
    )


def _last_row(database: sqlite3.Connection) -> int:
    found = database.execute("SELECT seq FROM sqlite_sequence WHERE name = 'letters'").fetchone()
    return 0 if found is None else int(found[0])


def _looked_up(
    letter: Letter, room: Room, database: sqlite3.Connection
) -> Tally | Stored | Refusal:
    """Return how full the mailbox is, or what becomes of the letter without it."""
    row = _same(letter, database)
    if row is not None:
        return Stored(row)
    known = database.execute("SELECT 1 FROM known WHERE amid = ?", (letter.recipient,)).fetchone()
    if known is None:
        return Refusal("UNKNOWN_RECIPIENT")
    tally = _counted(letter, database)
    return tally if tally.has_room(letter, room) else Refusal("MAILBOX_FULL", FULL_RETRY_SECONDS)


def _same(letter: Letter, database: sqlite3.Connection) -> int | None:
    found = database.execute(
        "SELECT row FROM letters WHERE recipient = ? AND sender = ? AND id = ?",
        (letter.recipient, letter.sender, letter.id),
    ).fetchone()
    return None if found is None else int(found[0])


def _counted(letter: Letter, database: sqlite3.Connection) -> Tally:
    found = database.execute(
        "SELECT sender, count(*), sum(size) FROM letters"
        " WHERE recipient = ? AND is_receipt = ? AND expires_at > ? GROUP BY sender",
        (*which(letter), letter.sent_at),
    ).fetchall()
    senders = Counter({sender: count for sender, count, _ in found})
    return Tally(senders, sum(size for _, _, size in found))
