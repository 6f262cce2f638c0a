import asyncio
from functools import partial

import pytest
from agentmesh_relay.outgoing import (
    AT_ONCE_BYTES,
    LEAST_BYTES,
    OUTGOING_BYTES,
    STUCK_SECONDS,
    Outgoing,
    Turn,
    framed,
)

from agentmesh.observability.world import SystemClock
from tests.support.world import FakeClock


class Stream(asyncio.WriteTransport):
    """A reader that takes what it is told to take."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []
        self.buffered = 0
        self.takes = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))
        if not self.takes:
            self.buffered += len(data)

    def get_write_buffer_size(self) -> int:
        return self.buffered


class Broken(Stream):
    def write(self, data: bytes | bytearray | memoryview) -> None:
        raise RuntimeError(len(data))


class End:
    def __init__(self) -> None:
        self.overflows = 0
        self.stream = Stream()
        self.outgoing = Outgoing(
            Turn(asyncio.get_running_loop(), SystemClock()), self.overflow, 0.0
        )
        self.outgoing.attach(self.stream)

    def overflow(self) -> None:
        self.overflows += 1


@pytest.fixture
async def end() -> End:
    return End()


async def test_what_is_said_in_one_turn_is_one_write(end: End) -> None:
    for _ in range(3):
        end.outgoing.frame(b"abc")
    assert end.stream.writes == []
    await asyncio.sleep(0)
    assert end.stream.writes == [b"\x82\x03abc" * 3]
    end.outgoing.frame(b"d")
    await asyncio.sleep(0)
    assert end.stream.writes[1:] == [b"\x82\x01d"]


async def test_a_large_frame_leaves_at_once_behind_what_was_said_before_it(end: End) -> None:
    end.outgoing.frame(b"abc")
    end.outgoing.frame(bytes(AT_ONCE_BYTES))
    (written,) = end.stream.writes
    assert written == b"\x82\x03abc" + framed(bytes(AT_ONCE_BYTES))
    assert end.outgoing.room == OUTGOING_BYTES
    end.outgoing.frame(b"d")
    await asyncio.sleep(0)
    assert end.stream.writes[1:] == [b"\x82\x01d"]


@pytest.mark.parametrize("said", [b"abc", bytes(AT_ONCE_BYTES)], ids=["small", "large"])
async def test_a_write_that_fails_cuts_its_reader_and_silences_nobody_else(
    caplog: pytest.LogCaptureFixture, said: bytes
) -> None:
    turn = Turn(asyncio.get_running_loop(), SystemClock())
    cut: list[int] = []
    streams = [Broken(), Stream()]
    for number, stream in enumerate(streams):
        outgoing = Outgoing(turn, partial(cut.append, number), 0.0)
        outgoing.attach(stream)
        outgoing.frame(said)
    await asyncio.sleep(0)
    assert cut == [0]
    assert streams[1].writes == [framed(said)]
    assert "flush.failed" in caplog.text


@pytest.mark.parametrize(
    ("size", "header"),
    [
        (125, b"\x82\x7d"),
        (126, b"\x82\x7e\x00\x7e"),
        (65535, b"\x82\x7e\xff\xff"),
        (65536, b"\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
async def test_headers_are_those_of_rfc_6455(end: End, size: int, header: bytes) -> None:
    end.outgoing.frame(bytes(size))
    end.outgoing.flush()
    assert end.stream.writes == [header + bytes(size)]


async def test_a_reader_for_whom_too_much_waits_is_cut(end: End) -> None:
    end.stream.buffered = OUTGOING_BYTES - 1000
    end.outgoing.frame(bytes(2000))
    end.outgoing.flush()
    assert end.overflows == 1
    assert end.stream.writes == []


async def test_one_turn_may_not_say_too_much_either(end: End) -> None:
    end.stream.takes = False
    for _ in range(5):
        end.outgoing.frame(bytes(60_000))
    await asyncio.sleep(0)
    assert end.overflows == 1
    assert sum(map(len, end.stream.writes)) < OUTGOING_BYTES


async def test_a_reader_that_takes_nothing_is_stuck(end: End) -> None:
    end.stream.buffered = 1000
    assert not end.outgoing.is_stuck(0.0)
    assert not end.outgoing.is_stuck(STUCK_SECONDS - 1.0)
    assert end.outgoing.is_stuck(STUCK_SECONDS)


@pytest.mark.parametrize(
    ("bytes_a_second", "is_cut"), [(1, True), (LEAST_BYTES // STUCK_SECONDS + 1, False)]
)
async def test_a_slow_reader_is_cut_unless_it_gets_on(
    end: End, bytes_a_second: int, is_cut: bool
) -> None:
    end.outgoing.frame(bytes(200_000))
    end.outgoing.flush()
    end.stream.buffered = 200_000
    found = []
    for second in range(5 * STUCK_SECONDS):
        end.stream.buffered -= bytes_a_second
        found.append(end.outgoing.is_stuck(float(second)))
    assert any(found) is is_cut


async def test_a_reader_for_whom_always_something_waits_is_not_stuck_while_it_takes(
    end: End,
) -> None:
    end.outgoing.frame(bytes(100_000))
    end.outgoing.flush()
    end.stream.buffered = 100_000
    for second in range(5 * STUCK_SECONDS):
        end.outgoing.frame(bytes(LEAST_BYTES))
        end.outgoing.flush()
        assert not end.outgoing.is_stuck(float(second))


async def test_a_turn_has_one_time() -> None:
    clock = FakeClock()
    turn = Turn(asyncio.get_running_loop(), clock)
    before = turn.now(), turn.monotonic()
    clock.advance(5)
    assert (turn.now(), turn.monotonic()) == before
    await asyncio.sleep(0)
    assert (turn.now(), turn.monotonic()) == (before[0] + 5, before[1] + 5)


async def test_what_is_detached_writes_nothing_and_has_nobody_cut(end: End) -> None:
    end.outgoing.raw(b"1")
    end.outgoing.detach()
    end.outgoing.raw(bytes(OUTGOING_BYTES + 1))
    end.outgoing.flush()
    await asyncio.sleep(0)
    assert end.stream.writes == []
    assert (end.overflows, end.outgoing.unread) == (0, 0)
