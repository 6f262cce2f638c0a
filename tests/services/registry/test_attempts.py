"""Attempts as they are kept, on both databases."""

import asyncio

import msgspec
import pytest
from agentmesh_registry.storage.attempts import LIFE_MS, Attempt, Attempts
from agentmesh_registry.storage.database import Database

from agentmesh.protocol.ids import Amid
from tests.support.asking import Asker
from tests.support.registrant import Registrant

ALICE = Registrant("alice")
NOW = ALICE.now


@pytest.fixture
async def kept(registry: Asker, database: Database) -> Attempts:
    await registry.register(ALICE)
    return Attempts(database)


def attempt(number: int, amid: Amid = ALICE.amid, **changes: object) -> Attempt:
    plain = Attempt(
        id=f"attempt {number}",
        amid=amid,
        provider="ours",
        state=f"state {number}".encode(),
        expires_at=NOW + LIFE_MS,
    )
    return msgspec.structs.replace(plain, **changes)


async def test_at_once_no_more_begin_than_one_after_the_other(kept: Attempts) -> None:
    begun = await asyncio.gather(*(kept.begin(attempt(number), NOW) for number in range(12)))
    assert sum(begun) == 5


async def test_what_is_over_makes_room(kept: Attempts) -> None:
    for number in range(5):
        await kept.begin(attempt(number), NOW)
    assert not await kept.begin(attempt(5), NOW)
    assert await kept.begin(attempt(6, expires_at=NOW + 2 * LIFE_MS), NOW + LIFE_MS)


async def test_a_state_comes_back_once_also_when_it_comes_twice_at_once(kept: Attempts) -> None:
    await kept.begin(attempt(1), NOW)
    found = await asyncio.gather(*(kept.returned("ours", b"state 1", NOW) for _ in range(6)))
    assert sum(it is not None for it in found) == 1


async def test_a_code_is_tried_five_times_also_when_all_come_at_once(kept: Attempts) -> None:
    await kept.begin(attempt(1, owner="o", code=b"right"), NOW)
    tries = (kept.prove(ALICE.amid, "attempt 1", b"wrong", NOW) for _ in range(12))
    outcomes = await asyncio.gather(*tries)
    assert outcomes.count("code_wrong") == 5
    assert await kept.prove(ALICE.amid, "attempt 1", b"right", NOW) == "attempt_unknown"


async def test_the_key_that_marks_owners_stays(kept: Attempts) -> None:
    assert await kept.owner_key() == await kept.owner_key()
    assert len(await kept.owner_key()) == 32
