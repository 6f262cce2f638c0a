"""What is small is done on the loop while the disk is quick, all else in threads."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from threading import Thread, current_thread

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage import threads
from agentmesh_registry.storage.database import opened
from agentmesh_registry.storage.tables import nonces
from agentmesh_registry.storage.threads import Threads
from agentmesh_registry.storage.writer import Work

from agentmesh.errors import StorageError
from agentmesh.observability.disk_pace import SLOW_SECONDS
from tests.support.registrant import Registrant

ALICE = Registrant("alice").amid
ADD = sa.insert(nonces)
ANY_THREAD = {"check_same_thread": False}


class Disk:
    """A disk that can be made slow: it counts the seconds that it takes."""

    def __init__(self) -> None:
        self.is_slow = False
        self.seconds = 0.0

    def waited(self) -> float:
        self.seconds += 2 * SLOW_SECONDS if self.is_slow else 0.0
        return self.seconds


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def way(sqlite_url: str, disk: Disk) -> AsyncIterator[Threads]:
    """Return the way of who writes, where the disk was quick so far."""
    async with opened(sqlite_url) as database:
        way = database._way
        assert isinstance(way, Threads)
        way._disk._waited = disk.waited
        await way.run_small(who)
        yield way


def who(_: sa.Connection) -> Thread:
    return current_thread()


def adding(nonce: str) -> Work[Thread]:
    def add(connection: sa.Connection) -> Thread:
        connection.execute(ADD, {"amid": ALICE, "nonce": nonce, "expires_at": 2})
        return current_thread()

    return add


async def kept(way: Threads) -> list[str]:
    query = sa.select(nonces.c.nonce).order_by(nonces.c.nonce)
    return await way.run(lambda connection: list(connection.execute(query).scalars()))


@contextmanager
def held(url: str) -> Iterator[None]:
    """Hold the file, as another process that writes does."""
    other = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with other.connect() as holding:
        holding.execute(sa.text("BEGIN IMMEDIATE"))
        yield
        holding.execute(sa.text("ROLLBACK"))
    other.dispose()


async def test_what_is_small_is_kept_by_the_loop_and_seen_by_the_threads(way: Threads) -> None:
    assert await way.run_small(adding("a")) is current_thread()
    assert await way.run(adding("b")) is not current_thread()
    assert await way.run_small(adding("c")) is current_thread()
    assert await kept(way) == ["a", "b", "c"]


async def test_a_thread_shows_how_quick_the_disk_is(sqlite_url: str, disk: Disk) -> None:
    way = Threads(sa.create_engine(sqlite_url, connect_args=ANY_THREAD), 1, disk.waited)
    assert await way.run_small(who) is not current_thread()
    assert await way.run_small(who) is current_thread()
    await way.close()


async def test_while_the_disk_is_slow_threads_wait_for_it(way: Threads, disk: Disk) -> None:
    disk.is_slow = True
    assert await way.run_small(who) is current_thread()
    assert await way.run_small(adding("a")) is not current_thread()
    disk.is_slow = False
    done = [await way.run_small(who) for _ in range(200)]
    assert done[0] is not current_thread()
    assert done[-1] is current_thread()
    assert await kept(way) == ["a"]


async def test_the_loop_waits_for_nobody_who_holds_the_file(way: Threads, sqlite_url: str) -> None:
    with held(sqlite_url):
        waiting = asyncio.ensure_future(way.run_small(adding("a")))
        await asyncio.sleep(0.05)
        assert not waiting.done()
    assert await waiting is not current_thread()
    assert await way.run_small(adding("b")) is current_thread()
    assert await kept(way) == ["a", "b"]


async def test_who_finds_it_held_for_too_long_is_told(
    way: Threads, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "SECONDS", 0.01)
    with held(sqlite_url), pytest.raises((StorageError, TimeoutError)):
        await way.run_small(adding("a"))


async def test_what_fails_on_the_loop_leaves_nothing(way: Threads) -> None:
    def fail(connection: sa.Connection) -> None:
        adding("a")(connection)
        assert current_thread() is loops
        raise LookupError

    loops = current_thread()
    with pytest.raises(LookupError):
        await way.run_small(fail)
    assert await kept(way) == []
