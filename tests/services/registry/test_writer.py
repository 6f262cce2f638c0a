"""Changes that came together are kept together; each stays all or nothing for itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage.database import Database, opened
from agentmesh_registry.storage.tables import nonces
from agentmesh_registry.storage.writer import BUSY_SECONDS, MAX_GROUP, Work, Writer

from tests.support.registrant import Registrant

T = TypeVar("T")

ALICE = Registrant("alice").amid


class Ways:
    """A database whose commits are counted, and can be held up."""

    def __init__(self) -> None:
        self.commits = self.small = 0
        self.is_free = asyncio.Event()
        self.engine = sa.create_engine("sqlite://")

    async def run(self, work: Work[T]) -> T:
        await self.is_free.wait()
        with self.engine.begin() as connection:
            result = work(connection)
        self.commits += 1
        return result

    async def run_small(self, work: Work[T]) -> T:
        self.small += 1
        return await self.run(work)


@pytest.fixture
async def ways() -> AsyncIterator[Ways]:
    ways = Ways()
    yield ways
    ways.engine.dispose()


@pytest.fixture
async def writer(ways: Ways) -> AsyncIterator[Writer]:
    writer = Writer(ways, 60)
    await writer.open()
    yield writer
    ways.is_free.set()
    await writer.close()


def noting(nonce: str) -> Callable[[sa.Connection], str]:
    def note(connection: sa.Connection) -> str:
        connection.execute(sa.insert(nonces).values(amid=ALICE, nonce=nonce, expires_at=1))
        return nonce

    return note


def noting_and_failing(connection: sa.Connection) -> None:
    noting("lost")(connection)
    raise LookupError


async def kept(database: Database) -> list[str]:
    query = sa.select(nonces.c.nonce).order_by(nonces.c.nonce)
    return await database.read(lambda connection: list(connection.execute(query).scalars()))


async def test_what_fails_fails_alone(database: Database) -> None:
    works = [noting("a"), noting_and_failing, noting("b"), noting("a"), noting("c")]
    outcomes = await asyncio.gather(
        *(database.write(work) for work in works), return_exceptions=True
    )
    assert [type(it) for it in outcomes] == [str, LookupError, str, sa.exc.IntegrityError, str]
    assert await kept(database) == ["a", "b", "c"]


async def test_two_processes_write_at_once_without_holding_each_other(database_url: str) -> None:
    async with opened(database_url) as one, opened(database_url) as two:
        works = [noting(str(number)) for number in range(100, 200)]
        both = [(one, two)[place % 2].write(work) for place, work in enumerate(works)]
        assert await asyncio.gather(*both) == [str(number) for number in range(100, 200)]
        assert len(await kept(one)) == 100


async def test_what_came_meanwhile_shares_the_next_commit(ways: Ways, writer: Writer) -> None:
    jobs = [asyncio.ensure_future(writer.run(lambda _: 1)) for _ in range(1 + MAX_GROUP)]
    await asyncio.sleep(0)
    ways.is_free.set()
    assert await asyncio.gather(*jobs) == [1] * (1 + MAX_GROUP)
    assert ways.commits == 2


async def test_what_is_small_is_so_as_long_as_it_is_alone(ways: Ways, writer: Writer) -> None:
    ways.is_free.set()
    await writer.run(lambda _: 1)
    assert (ways.commits, ways.small) == (1, 0)
    await writer.run(lambda _: 1, is_small=True)
    assert (ways.commits, ways.small) == (2, 1)
    await asyncio.gather(*(writer.run(lambda _: 1, is_small=True) for _ in range(3)))
    assert (ways.commits, ways.small) == (3, 1)
    await writer.run(lambda _: 1, is_small=True)
    assert (ways.commits, ways.small) == (4, 1), "more is on its way"
    await asyncio.sleep(BUSY_SECONDS)
    await writer.run(lambda _: 1, is_small=True)
    assert (ways.commits, ways.small) == (5, 2)


async def test_nobody_is_answered_before_the_commit(ways: Ways, writer: Writer) -> None:
    done: list[int] = []
    jobs = [asyncio.ensure_future(writer.run(lambda _: done.append(1))) for _ in range(3)]
    await asyncio.sleep(0)
    assert not any(job.done() for job in jobs)
    ways.is_free.set()
    await asyncio.gather(*jobs)
    assert ways.commits == 1


async def test_a_commit_that_fails_fails_for_all_in_it(ways: Ways, writer: Writer) -> None:
    def lose_all(connection: sa.Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")
        raise LookupError

    works: list[Work[Any]] = [lambda _: 1, lose_all, lambda _: 1]
    jobs = [asyncio.ensure_future(writer.run(work)) for work in works]
    await asyncio.sleep(0)
    ways.is_free.set()
    outcomes = await asyncio.gather(*jobs, return_exceptions=True)
    assert all(isinstance(it, sa.exc.OperationalError) for it in outcomes)
    assert await writer.run(lambda _: 2) == 2


async def test_what_nobody_waits_for_any_more_is_not_done(ways: Ways, writer: Writer) -> None:
    done: list[str] = []
    first, second = (
        asyncio.ensure_future(writer.run(lambda _, name=name: done.append(name)))  # type: ignore[misc]
        for name in ("first", "second")
    )
    await asyncio.sleep(0)
    second.cancel()
    await asyncio.sleep(0)
    ways.is_free.set()
    await first
    assert done == ["first"]


async def test_what_waits_is_finished_at_the_end(ways: Ways) -> None:
    writer = Writer(ways, 60)
    await writer.open()
    job = asyncio.ensure_future(writer.run(lambda _: 1))
    await asyncio.sleep(0)
    ways.is_free.set()
    await writer.close()
    assert await job == 1
