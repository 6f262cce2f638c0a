"""A crowd that is registered already: written into a registry's tables as the registry would.

Its records are not signed, so nobody could register them; a registry that serves them does not ask.
"""

import hashlib
import random
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import asyncpg
import msgspec
import sqlalchemy as sa
from agentmesh_registry.storage import tables
from agentmesh_registry.storage.database import opened
from agentmesh_registry.storage.listings import cohort_of, place_of
from agentmesh_registry.storage.log import Tree

from agentmesh.protocol.ids import Amid, amid_of
from agentmesh.protocol.merkle import Frontier, leaf_hash
from agentmesh.protocol.records import AgentRecord, Capability
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.transparency import RECORD, LogEntry, document_hash, subject_of
from tests.support.registrant import DAY, Registrant

CATEGORIES = ("travel", "commerce", "finance", "productivity", "creative", "research")
SUBCATEGORIES = tuple(f"kind{number}" for number in range(10))
WITH_PREKEYS, ONE_TIME = 2_000, 20
_ASKED_FOR = 50_000
_CHUNK = 20_000
_SEED = 7

Rows = dict[str, list[tuple[Any, ...]]]


class _Maker:
    """Makes the rows of agents, one after the other, and the log that has them all."""

    def __init__(self, now: float) -> None:
        self._now = int(now * 1000)
        self._template = Registrant("one of the crowd", now)
        self._record = self._template.plain_record(1)
        self._random = random.Random(_SEED)
        self.frontier = Frontier()

    def rows(self, numbers: Sequence[int]) -> Rows:
        """Return the rows of some agents, by table."""
        rows: Rows = {name: [] for name in ("agents", "listings", "log_entries", "log_nodes")}
        for number in numbers:
            self._add(rows, number)
        return rows

    def _add(self, rows: Rows, number: int) -> None:
        amid, key = amid_of_number(number), _key(number)
        chance = self._random.random
        category = self._random.choice(CATEGORIES)
        subcategory = self._random.choice(SUBCATEGORIES)
        tier = self._random.choices((2.0, 1.0, 1.5), (90, 8, 2))[0]
        status = self._random.choices(("offline", "online", "away", "dnd"), (930, 59, 10, 1))[0]
        score, count = (chance(), 5 + number % 50) if chance() < 0.3 else (0.5, 0)
        signed = self._signed(amid, key, category, subcategory)
        index = self._log(rows, amid, signed)
        until = self._now + DAY * 1000 if status != "offline" else 0
        rows["agents"].append(
            (amid, key, signed, 1, self._record.expires_at, tier, score, count, status,
             self._now, until, self._now, self._now, None, None, index, None, None)
        )  # fmt: skip
        place = (cohort_of(tier, status), place_of(score, count))
        words = ("", category, f"{category}/{subcategory}")
        rows["listings"] += [(amid, word, *place) for word in words]

    def _signed(self, amid: Amid, key: bytes, *words: str) -> bytes:
        category, subcategory = words
        record: AgentRecord = msgspec.structs.replace(
            self._record,
            amid=amid,
            display_name=f"agent {amid[:6]}",
            capabilities=(Capability(category=category, subcategory=subcategory),),
        )
        return msgspec.msgpack.encode(Signed(msgspec.msgpack.encode(record), key, b"\0" * 64))

    def _log(self, rows: Rows, amid: Amid, signed: bytes) -> int:
        index, subject = self.frontier.size, subject_of(amid)
        entry = msgspec.msgpack.encode(
            LogEntry(
                kind=RECORD,
                subject=subject,
                document=document_hash(signed),
                previous=None,
                timestamp=self._now,
            )
        )
        self.frontier, made = self.frontier.grown(leaf_hash(entry))
        rows["log_entries"].append((index, entry, subject, None))
        rows["log_nodes"] += [(0, level, place, digest) for (level, place), digest in made]
        return index

    def prekeys(self, amids: Sequence[Amid]) -> Rows:
        """Return the rows of prekeys for some agents."""
        upload = self._template.upload()
        encode = msgspec.msgpack.encode
        documents = (upload.exchange_key, upload.signed_prekey, upload.kem_prekey, upload.suites)
        row = (*map(encode, documents), 1, 1, 1, 1, ONE_TIME, b"", self._now)
        return {
            "prekeys": [(amid, *row) for amid in amids],
            "one_time_prekeys": [
                (amid, number, b"o" * 32) for amid in amids for number in range(ONE_TIME)
            ],
        }


def amid_of_number(number: int) -> Amid:
    """Return who agent `number` of the crowd is."""
    return amid_of(_key(number))


def _key(number: int) -> bytes:
    return hashlib.sha256(b"crowd %d" % number).digest()


async def fill(url: str, number: int, now: float) -> list[Amid]:
    """Make a registry's tables with so many agents in them; return some, the first with prekeys."""
    async with opened(url):
        pass
    maker = _Maker(now)
    if url.startswith("postgresql"):
        await _copy(url, maker, number)
    else:
        _insert(url, maker, number)
    return [amid_of_number(it) for it in range(min(number, _ASKED_FOR))]


def _chunks(maker: _Maker, number: int) -> Iterator[Rows]:
    for start in range(0, number, _CHUNK):
        print(f"\r{start:,} of {number:,} agents", end="", file=sys.stderr, flush=True)
        yield maker.rows(range(start, min(start + _CHUNK, number)))
    yield maker.prekeys([amid_of_number(it) for it in range(min(number, WITH_PREKEYS))])
    print(f"\r{number:,} agents             ", file=sys.stderr, flush=True)


async def _copy(url: str, maker: _Maker, number: int) -> None:
    [index] = tables.listings.indexes
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"DROP INDEX {index.name}")  # in order at once is quicker
        for rows in _chunks(maker, number):
            for name, records in rows.items():
                await connection.copy_records_to_table(name, records=records)
        await connection.execute(*_tree(maker))
        await connection.execute(str(sa.schema.CreateIndex(index)))
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


def _insert(url: str, maker: _Maker, number: int) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        for rows in _chunks(maker, number):
            for name, records in rows.items():
                if records:
                    marks = ", ".join("?" * len(records[0]))
                    connection.executemany(f"INSERT INTO {name} VALUES ({marks})", records)
            connection.commit()
        statement, *values = _tree(maker)
        connection.execute(statement.replace("$", "?"), values)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _tree(maker: _Maker) -> tuple[str, int, bytes]:
    statement = f"UPDATE log_trees SET size = $1, peaks = $2 WHERE tree = {Tree.ENTRIES.value}"
    return statement, maker.frontier.size, b"".join(maker.frontier.peaks)
