import asyncio
import threading

import pytest

from agentmesh.errors import TransportError
from agentmesh.node.files.work import Work, in_thread
from agentmesh.protocol.ids import FileId
from tests.support.patience import PATIENCE

ONE, TWO = FileId("one"), FileId("two")


async def forever() -> None:
    await asyncio.Event().wait()


async def test_an_error_of_one_ends_no_other() -> None:
    work, done = Work("test"), asyncio.Event()

    async def fail() -> None:
        raise TransportError("busy")

    async def bug() -> None:
        raise ZeroDivisionError

    async def finish() -> None:
        await asyncio.sleep(0)
        done.set()

    await work.begin()
    work.start(ONE, fail)
    work.start(FileId("three"), bug)
    work.start(TWO, finish)
    await done.wait()
    await work.end()


async def test_work_for_one_transfer_is_done_in_turns() -> None:
    work, order = Work("test"), list[str]()
    gate = asyncio.Event()

    async def first() -> None:
        await gate.wait()
        order.append("first")

    async def second() -> None:
        order.append("second")

    await work.begin()
    work.start(ONE, first)
    await asyncio.sleep(0)
    work.start(ONE, second)
    await asyncio.sleep(0)
    gate.set()
    for _ in range(10):
        await asyncio.sleep(0)
    await work.end()
    assert order == ["first", "second"]


async def test_what_is_stopped_has_ended() -> None:
    work = Work("test")
    await work.begin()
    work.start(ONE, forever)
    await asyncio.sleep(0)
    await work.stop(ONE)
    await work.stop(ONE)
    await work.end()
    work.start(ONE, forever)
    assert work.is_ending


async def test_what_waits_for_its_turn_ends_with_what_it_waits_for() -> None:
    work = Work("test")
    await work.begin()
    work.start(ONE, forever)
    await asyncio.sleep(0)
    work.start(ONE, forever)
    await asyncio.sleep(0)
    async with asyncio.timeout(PATIENCE):
        await work.end()


async def test_who_is_cancelled_waits_for_the_thread() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), list[bool]()

    def slow() -> None:
        begun.set()
        may_end.wait(10)
        ended.append(True)

    task = asyncio.ensure_future(in_thread(slow))
    await asyncio.to_thread(begun.wait, 10)
    for _ in range(3):
        task.cancel()
        await asyncio.sleep(0)
        assert not task.done()
    may_end.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert ended == [True]
    assert await in_thread(len, b"four") == 4
