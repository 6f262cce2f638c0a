import asyncio
import logging
import signal
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from agentmesh.observability import stopping as room
from agentmesh.observability.stopping import CAME_TO_NOTHING, Stopping, Told
from tests.support.patience import PATIENCE, until


@pytest.fixture
def codes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """With what the process would have ended."""
    codes: list[int] = []
    monkeypatch.setattr(room.os, "_exit", codes.append)
    return codes


@pytest.fixture
def as_before() -> Iterator[None]:
    """Put back who hears the signals."""
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


async def test_what_does_not_end_is_named_and_ended(
    codes: list[int], caplog: pytest.LogCaptureFixture
) -> None:
    may_end = threading.Event()
    thread = threading.Thread(target=may_end.wait, args=(PATIENCE,), name="reader")
    thread.start()
    stopping = Stopping(asyncio.get_running_loop(), 0.01)
    with caplog.at_level(logging.WARNING):
        stopping.tell()
        await stopping.told.wait()
        await until(lambda: codes)
    may_end.set()
    thread.join()
    assert codes == [0]
    said = [line.split(" at=")[0] for line in caplog.messages]
    assert "stop.task task=test_what_does_not_end_is_named_and_ended" in said
    assert "stop.thread thread=reader" in said
    assert said[-1] == "stop.given_up seconds=0.010"


async def test_who_ends_though_nobody_told_it_has_failed(codes: list[int]) -> None:
    Stopping(asyncio.get_running_loop(), 0.01).bound()
    await until(lambda: codes)
    assert codes == [CAME_TO_NOTHING]


async def test_who_is_told_on_its_way_out_has_not_failed(codes: list[int]) -> None:
    stopping = Stopping(asyncio.get_running_loop(), 0.2)
    stopping.bound()
    stopping.tell()
    stopping.go_on()
    await until(lambda: codes)
    assert codes == [0]


async def test_who_begins_anew_may_take_its_time(codes: list[int]) -> None:
    stopping = Stopping(asyncio.get_running_loop(), PATIENCE)
    stopping.go_on()
    stopping.bound()
    stopping.go_on()
    await until(lambda: not any(isinstance(it, threading.Timer) for it in threading.enumerate()))
    assert not codes


@asynccontextmanager
async def slow() -> AsyncIterator[str]:
    """A part that is long in coming."""
    await asyncio.Event().wait()
    yield "there"


@asynccontextmanager
async def failing() -> AsyncIterator[str]:
    """A part that waits no longer by itself."""
    raise TimeoutError
    yield "there"


@pytest.mark.usefixtures("codes")
async def test_who_is_told_while_it_starts_starts_no_further() -> None:
    stopping = Stopping(asyncio.get_running_loop(), PATIENCE)
    async with AsyncExitStack() as stack:
        with pytest.raises(TimeoutError):
            await stopping.enter(failing(), stack)
        asyncio.get_running_loop().call_soon(stopping.tell)
        with pytest.raises(Told):
            await stopping.enter(slow(), stack)
        with pytest.raises(Told):
            await stopping.enter(slow(), stack)
    assert stopping._last is not None
    stopping._last.cancel()


@pytest.mark.usefixtures("as_before")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_one_signal_tells_it_and_the_next_is_the_systems(
    codes: list[int], monkeypatch: pytest.MonkeyPatch, number: signal.Signals
) -> None:
    monkeypatch.setattr(room, "SAME_SECONDS", 0.0)
    stopping = Stopping(asyncio.get_running_loop(), 0.01)
    stopping.listen()
    signal.raise_signal(number)
    await until(lambda: signal.getsignal(signal.SIGTERM) is signal.SIG_DFL)
    assert stopping.told.is_set()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    await until(lambda: codes)


@pytest.mark.usefixtures("as_before", "codes")
async def test_what_is_said_twice_at_once_is_said_once() -> None:
    stopping = Stopping(asyncio.get_running_loop(), PATIENCE)
    stopping.listen()
    signal.raise_signal(signal.SIGINT)
    await stopping.told.wait()
    signal.raise_signal(signal.SIGINT)
    signal.raise_signal(signal.SIGTERM)
    await asyncio.sleep(0)
    assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL
    assert stopping._last is not None
    stopping._last.cancel()
