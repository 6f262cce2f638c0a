"""Bits flip and files are cut short: it is noticed, and what is whole can still be read."""

import os
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest

from agentmesh.errors import StorageError
from agentmesh.protocol.ids import MessageId
from agentmesh.storage.interface import Consume, Deliver, Put, Release, Remember, SetValue, Store
from tests.support.stores import (
    BOB,
    NOW,
    ONE,
    card,
    contact,
    errand,
    incoming,
    knock,
    outgoing,
    prekey,
    session,
    sqlite_store,
)

SAMPLES = int(os.environ.get("AGENTMESH_FLIPS", "100"))
BLOCK = 25


@pytest.fixture
async def whole(tmp_path: Path) -> Path:
    """Return a database with some of everything."""
    async with sqlite_store(tmp_path) as store:
        for n in range(8):
            await store.commit(
                [
                    Put(session(f"s{n}", state=bytes(2000))),
                    Put(outgoing(f"o{n}")),
                    Put(errand(f"e{n}", body=bytes(6000))),
                    Put(knock(f"k{n}")),
                    Put(contact(f"c{n}")),
                    Put(card(f"d{n}")),
                    Put(prekey(n)),
                    Deliver(incoming(f"i{n}", n)),
                    Release(ONE, n),
                    Consume(MessageId(f"i{n - 4}"), NOW),
                    Remember(BOB, f"r{n}", NOW),
                    SetValue(f"v{n}", b"value"),
                ]
            )
    return tmp_path / "agentmesh.db"


async def _contents(store: Store) -> list[Any]:
    names = [str(n) for n in range(8)]
    return [
        await store.sessions(),
        await store.unsettled(ONE),
        await store.errands(),
        await store.knocks(pending=False, limit=99),
        await store.contacts(),
        await store.cards("drawer"),
        await store.prekeys("one_time"),
        await store.inbox(unread=False, peer=None, after=0, limit=99),
        [await store.value(f"v{n}") for n in names],
        await store.counts(),
    ]


def _damage(path: Path, random: Random) -> None:
    size = path.stat().st_size
    if random.random() < 0.2:
        os.truncate(path, random.randrange(size))
        return
    with path.open("r+b") as file:
        place = random.randrange(size)
        file.seek(place)
        (byte,) = file.read(1)
        file.seek(place)
        file.write(bytes([byte ^ 1 << random.randrange(8)]))


@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, SAMPLES, BLOCK))
async def test_damage_is_told_and_hides_nothing_else(
    whole: Path, tmp_path: Path, first: int
) -> None:
    async with sqlite_store(tmp_path) as store:
        before = await _contents(store)
    for seed in range(first, first + BLOCK):
        home = tmp_path / str(seed)
        home.mkdir()
        shutil.copy(whole, home / whole.name)
        _damage(home / whole.name, Random(seed))
        try:
            async with sqlite_store(home) as store:
                noticed = await _contents(store) == before or store.warnings() != []
        except StorageError as error:
            noticed = _says_what_to_do(error, home)
        assert noticed, f"damage {seed}"


def _says_what_to_do(error: StorageError, home: Path) -> bool:
    if error.code == "storage_key_wrong":
        return bool(error.hint)
    named = str(home) in error.message and "agentmesh doctor" in error.hint
    return error.code == "database_corrupt" and named
