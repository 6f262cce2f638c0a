"""The same as a registry does, as statements alone: the floor on which it stands."""

import asyncio
import itertools
import sqlite3
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Self

import asyncpg
import sqlalchemy as sa
from agentmesh_registry.storage import search
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.postgresql import asyncpg as over_asyncpg

from benchmarks.registry_crowd import WITH_PREKEYS
from benchmarks.registry_load import Load

_FILTERS: tuple[dict[str, Any], ...] = (
    {},
    {"tier_min": 1},
    {"status": "online"},
    {"reputation_min": 0.6},
    {"tier_min": 1.5, "status": "dnd"},
)
_LIMIT = 20
_SIGNED = b"s" * 480

Statement = tuple[str, Sequence[Any]]


class Hand:
    """One connection to the database of a registry."""

    def __init__(self, url: str, load: Load) -> None:
        self._url = url
        self._load = load
        self._is_server = url.startswith("postgresql")
        self._numbers = itertools.count(10**9)

    async def __aenter__(self) -> Self:
        """Connect."""
        if self._is_server:
            self._server = await asyncpg.connect(self._url, server_settings={"jit": "off"})
        else:
            self._file = sqlite3.connect(
                self._url.removeprefix("sqlite:///"), timeout=60, check_same_thread=False
            )
            self._file.isolation_level = None
            self._file.execute("PRAGMA synchronous=FULL")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let go."""
        if self._is_server:
            await self._server.close()
        else:
            self._file.close()

    async def look_up(self) -> None:
        """Read an agent."""
        amid = self._load.chance.choice(self._load.amids)
        await self._run([("SELECT * FROM agents WHERE amid = $1", (amid,))])

    async def search(self) -> None:
        """Do what a search does: a page, and how many there are."""
        wanted = search.Wanted(word=self._load.word(), **self._load.chance.choice(_FILTERS))
        await self._run(statements(wanted, is_server=self._is_server))

    async def register(self) -> None:
        """Write what a registration leaves behind."""
        number = next(self._numbers)
        amid = f"hand{number}"
        agent = (
            "INSERT INTO agents (amid, signing_key, signed, sequence, expires_at, registered_at,"
            " updated_at) VALUES ($1, $2, $3, 1, 1, 1, 1)"
        )
        listing = "INSERT INTO listings VALUES ($1, $2, 2, -0.5)"
        entry = "INSERT INTO log_entries VALUES ($1, $2, $3, NULL)"
        node = "INSERT INTO log_nodes VALUES (2, $1, $2, $3)"
        tree = "UPDATE log_trees SET size = size WHERE tree = 0"
        note = "INSERT INTO nonces VALUES ($1, $2, 1)"
        await self._run(
            [
                ("BEGIN", ()),
                (note, (amid, amid)),
                (agent, (amid, b"k" * 32, _SIGNED)),
                *((listing, (amid, word)) for word in ("", "finance", "finance/kind1")),
                (entry, (number, b"e" * 100, amid.encode())),
                (node, (0, number, b"h" * 32)),
                (node, (1, number, b"h" * 32)),
                (tree, ()),
                ("COMMIT", ()),
            ]
        )

    async def fetch(self) -> None:
        """Take a one-time prekey."""
        number = next(self._numbers)
        amid = self._load.amids[self._load.chance.randrange(WITH_PREKEYS)]
        one = "SELECT id FROM one_time_prekeys WHERE amid = $1 ORDER BY id LIMIT 1"
        take = f"DELETE FROM one_time_prekeys WHERE amid = $1 AND id = ({one}) RETURNING id, key"
        bundle = (
            "SELECT signing_key, prekeys.* FROM agents"
            " LEFT JOIN prekeys ON prekeys.amid = agents.amid WHERE agents.amid = $1"
        )
        note = ("INSERT INTO nonces VALUES ($1, $2, 1)", (amid, f"n{number}"))
        ours = [note, (bundle, (amid,)), (take, (amid,))]
        await self._run([("BEGIN", ()), *ours, ("COMMIT", ())])

    async def _run(self, statements: Sequence[Statement]) -> None:
        if not self._is_server:
            await asyncio.to_thread(self._run_in_file, statements)
            return
        for text, values in statements:
            if values:
                await self._server.fetch(text, *values)
            else:
                await self._server.execute(text)

    def _run_in_file(self, statements: Sequence[Statement]) -> None:
        for text, values in statements:
            self._file.execute(text.replace("$", "?"), values).fetchall()


HANDS: dict[str, Callable[[Hand], Awaitable[None]]] = {
    "lookup": Hand.look_up,
    "search": Hand.search,
    "registration": Hand.register,
    "prekey fetch": Hand.fetch,
}


def statements(wanted: search.Wanted, *, is_server: bool) -> list[Statement]:
    """Return the statements of a search as the database gets them."""
    asked = search.asked_for(wanted, _LIMIT + 1, search.BEGINNING)
    dialect = "asyncpg" if is_server else "sqlite"
    return [_compiled(query, asked.values, dialect) for query in (asked.page, asked.total)]


def _compiled(query: sa.Select[Any], values: dict[str, object], dialect: str) -> Statement:
    text, names, constants = _text(query, dialect)
    return text, [values[name] if name in values else constants[name] for name in names]


@lru_cache
def _text(query: sa.Select[Any], name: str) -> tuple[str, Sequence[str], Mapping[str, object]]:
    dialect = over_asyncpg.dialect() if name == "asyncpg" else sqlite.dialect()
    text = query.compile(dialect=dialect)
    return str(text), text.positiontup or (), text.params
