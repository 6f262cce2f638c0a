import asyncio
import logging

import pytest

from agentmesh.errors import TransportError
from agentmesh.observability import tasks as room
from agentmesh.observability.tasks import Tasks, name_of, place_of
from tests.support.patience import PATIENCE


async def forever() -> None:
    await asyncio.Event().wait()


async def deaf(times: int) -> None:
    """Hide so many cancellations, as `asyncio.wait_for` of Python 3.11 may do with one."""
    while times:
        try:
            await forever()
        except asyncio.CancelledError:
            times -= 1
    await forever()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "TELLINGS", (0.01, 0.01, 0.01))


async def begun(*works: "asyncio._CoroutineLike[None]") -> tuple[Tasks, list["asyncio.Task[None]"]]:
    tasks = Tasks()
    await tasks.begin()
    started = [tasks.start(work) for work in works]
    await asyncio.sleep(0)
    return tasks, started


async def test_all_work_ends_with_its_part() -> None:
    tasks, started = await begun(forever(), forever())
    await tasks.end()
    assert all(task.cancelled() for task in started)


async def test_who_hides_that_it_was_told_is_told_again() -> None:
    tasks, (task,) = await begun(deaf(2))
    async with asyncio.timeout(PATIENCE):
        await tasks.end()
    assert task.cancelled()


async def test_who_never_ends_is_named_and_left_behind(caplog: pytest.LogCaptureFixture) -> None:
    tasks, (task, other) = await begun(deaf(3), forever())
    with caplog.at_level(logging.WARNING):
        await tasks.end()
    assert other.cancelled()
    (line,) = caplog.messages
    assert line.startswith("task.goes_on task=deaf at=wait:")
    task.cancel()
    await asyncio.wait([task])


async def test_work_that_is_nearly_done_is_waited_for() -> None:
    may_end = asyncio.Event()

    async def work() -> str:
        await may_end.wait()
        return "done"

    tasks = Tasks()
    await tasks.begin()
    task = tasks.start(work())
    asyncio.get_running_loop().call_later(0.01, may_end.set)
    await tasks.end(PATIENCE)
    assert task.result() == "done"


async def test_an_error_ends_who_began_the_work() -> None:
    async def fail() -> None:
        raise TransportError("lost")

    tasks, (other,) = await begun(forever())
    tasks.start(fail())
    with pytest.raises(asyncio.CancelledError):
        await forever()
    with pytest.raises(ExceptionGroup) as caught:
        await tasks.end()
    assert [str(it) for it in caught.value.exceptions] == ["lost"]
    assert other.cancelled()


async def test_an_error_on_the_way_to_the_end_is_told() -> None:
    async def fail() -> None:
        try:
            await forever()
        finally:
            raise TransportError("lost")

    tasks, _ = await begun(fail(), deaf(1))
    with pytest.raises(ExceptionGroup) as caught:
        await tasks.end()
    assert [str(it) for it in caught.value.exceptions] == ["lost"]


async def test_who_ends_it_may_be_told_to_end_meanwhile() -> None:
    tasks, (task,) = await begun(deaf(2))
    ending = asyncio.ensure_future(tasks.end())
    await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert task.cancelled()


async def test_what_was_never_begun_can_be_ended() -> None:
    await Tasks().end()


async def test_a_task_says_what_it_does_and_where() -> None:
    task = asyncio.create_task(forever())
    assert place_of(task).startswith("forever:")
    await asyncio.sleep(0)
    assert (name_of(task), place_of(task).split(":")[0]) == ("forever", "wait")
    task.cancel()
    await asyncio.wait([task])
    assert place_of(task) == "unknown"
