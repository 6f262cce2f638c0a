"""Rows as they lie in the database: one column a field, `bytes` sealed, tuples as JSON."""

from operator import attrgetter
from typing import Any, Generic, TypeVar

import msgspec

from agentmesh.errors import IntegrityError
from agentmesh.storage.rows import (
    CardRow,
    ContactRow,
    ErrandRow,
    IncomingRow,
    KnockRow,
    OutgoingRow,
    PrekeyRow,
    Row,
    SessionRow,
)
from agentmesh.storage.sealing import Sealer, place_of

R = TypeVar("R", bound=Row)
_TIMES = (float, float | None)
SETTLED = frozenset({"delivered", "consumed", "refused", "undeliverable"})


class Unreadable(Exception):
    """A row on the disk is not what was written."""


class Named(Row, frozen=True, kw_only=True):
    """A small named value."""

    name: str
    value: bytes


class Table(Generic[R]):
    """One kind of row and its table.

    What is sealed is bound to its table, its column and the row's other fields: whoever edits the
    file can neither swap rows nor raise a contact's trust. `loose` fields, which change by
    themselves, are left out.
    """

    def __init__(
        self, name: str, kind: type[R], key: tuple[str, ...], loose: tuple[str, ...] = ()
    ) -> None:
        fields = msgspec.structs.fields(kind)
        self.name = name
        self.kind = kind
        self.columns = tuple(field.name for field in fields)
        places = [(place, field.type, field.name) for place, field in enumerate(fields)]
        self._sealed = [(place, name) for place, type_, name in places if type_ is bytes]
        self._flags = [place for place, type_, _ in places if type_ is bool]
        self._tuples = [
            place for place, type_, _ in places if getattr(type_, "__origin__", None) is tuple
        ]
        self._times = [place for place, type_, _ in places if type_ in _TIMES]
        self._bound = [
            place for place, type_, name in places if type_ is not bytes and name not in loose
        ]
        self._values = attrgetter(*self.columns)
        self.marks = {column: f"?{number}" for number, column in enumerate(self.columns, 1)}
        names = ", ".join(self.columns)
        values = ", ".join(self.marks.values())
        changed = ", ".join(
            f"{column} = excluded.{column}" for column in self.columns if column not in key
        )
        self.select = f"SELECT row, {names} FROM {name} "  # noqa: S608 - names of our own
        lengths = " + ".join(f"length({column})" for _, column in self._sealed)
        # What is measured is not read: SQLite knows a blob's length without its pages.
        self.sizes = f"SELECT {lengths} AS size FROM {name} "  # noqa: S608
        into = f"INSERT INTO {name} ({names})"
        same = ", ".join(key)
        there = " AND ".join(f"{column} = {self.marks[column]}" for column in key)
        update = f"ON CONFLICT ({same}) DO UPDATE SET {changed}"
        self.put = f"{into} VALUES ({values}) {update}"
        is_there = f"EXISTS (SELECT 1 FROM {name} WHERE {there})"  # noqa: S608
        self.renew = f"{into} SELECT {values} WHERE {is_there} {update}"

    def to_disk(self, row: Row, sealer: Sealer) -> list[Any]:
        """Return the row's columns, as `put` and `renew` take them."""
        values = list(self._values(row))
        for place in self._times:
            if values[place] is not None:
                values[place] = float(values[place])  # as it will come back
        for place in self._tuples:
            values[place] = as_json(values[place])
        bound = self._bound_to(values)
        for place, column in self._sealed:
            values[place] = sealer.seal(place_of(self.name, bound, column), values[place])
        return values

    def from_disk(self, found: tuple[Any, ...], sealer: Sealer) -> R:
        """Return the row of what `select` found, or raise `Unreadable`."""
        values = list(found[1:])
        try:
            for place in self._flags:
                values[place] = {0: False, 1: True}[values[place]]
            bound = self._bound_to(values)
            for place, column in self._sealed:
                if values[place] or not self._is_erased(values):
                    box = values[place]
                    values[place] = sealer.open(place_of(self.name, bound, column), box)
            for place in self._tuples:
                values[place] = msgspec.json.decode(values[place])
            return msgspec.convert(dict(zip(self.columns, values, strict=True)), self.kind)
        except (IntegrityError, msgspec.MsgspecError, KeyError, TypeError) as error:
            raise Unreadable(self.name) from error

    def _bound_to(self, values: list[Any]) -> tuple[Any, ...]:
        """Return what the seals of a row are bound to."""
        return tuple([values[place] for place in self._bound])

    def _is_erased(self, values: list[Any]) -> bool:
        return "outcome" in self.columns and values[self.columns.index("outcome")] in SETTLED


def as_json(values: tuple[str | int, ...]) -> str:
    """Return a list as it is written in a column or handed to `json_each`."""
    return msgspec.json.encode(values).decode()


SESSIONS = Table("sessions", SessionRow, ("session_id",))
OUTGOING = Table(
    "outgoing",
    OutgoingRow,
    ("message_id",),
    loose=("session_id", "sequence", "frame_id", "outcome", "reason"),
)
INCOMING = Table("incoming", IncomingRow, ("message_id", "peer"), loose=("position", "consumed_at"))
ERRANDS = Table("errands", ErrandRow, ("errand_id",))
KNOCKS = Table("knocks", KnockRow, ("knock_id",), loose=("verdict", "reason"))
CONTACTS = Table("contacts", ContactRow, ("amid",))
CARDS = Table("cards", CardRow, ("drawer", "name"))
PREKEYS = Table("prekeys", PrekeyRow, ("kind", "id"))
NAMED = Table("named", Named, ("name",))

TABLES: dict[type[Row], Table[Any]] = {
    table.kind: table
    for table in (SESSIONS, OUTGOING, INCOMING, ERRANDS, KNOCKS, CONTACTS, CARDS, PREKEYS, NAMED)
}

COUNTS = """
SELECT
  (SELECT count(*) FROM incoming WHERE row > 0 AND consumed_at IS NULL),
  (SELECT count(*) FROM outgoing WHERE outcome IN ('held', 'queued')),
  (SELECT count(*) FROM knocks WHERE verdict = 'pending'),
  (SELECT count(*) FROM prekeys WHERE kind = 'one_time' AND retired_at IS NULL)
"""
# As bytes: a text that is none any more does not hide the others.
CONTACT_NAMES = """
SELECT CAST(amid AS BLOB), CAST(alias AS BLOB), CAST(name AS BLOB) FROM contacts
"""
NEWEST = "ORDER BY opened_at DESC, row DESC"
_THESE = "FROM sessions WHERE phase IN (SELECT value FROM json_each(?)) AND (? IS NULL OR peer = ?)"
HOW_MANY_SESSIONS = f"SELECT count(*) {_THESE}"
OPEN_SESSIONS = "SELECT count(*) FROM sessions WHERE phase = 'open' AND expires_at > ?"
# Neither sum looks at messages that were read: those are many, and stay for a while.
UNREAD = """
SELECT
  (SELECT total(length(body)) FROM incoming
   WHERE row > 0 AND consumed_at IS NULL AND peer = ?),
  (SELECT total(length(body)) FROM incoming WHERE row < 0 AND peer = ?)
"""

_SOME = "SELECT count(*) FROM (SELECT 1 FROM incoming WHERE {} LIMIT ?)"
# In the same way, and no further than it matters.
UNREAD_ROWS = f"""
SELECT
  ({_SOME.format("row > 0 AND consumed_at IS NULL")})
  + ({_SOME.format("row < 0")})
"""


def some_sessions(moment: str) -> str:
    """Return what chooses a page of sessions, the last by this column first.

    The states are large: only those of the rows that are chosen are read.
    """
    last = f"ORDER BY {moment} DESC, row DESC"
    place = f"SELECT {moment}, row FROM sessions WHERE session_id = ?"  # noqa: S608 - our own words
    earlier = f"(? IS NULL OR ({moment}, row) < ({place}))"
    return f"WHERE row IN (SELECT row {_THESE} AND {earlier} {last} LIMIT ?) {last}"
