"""Lines on their way: however they are cut, none is lost, and none is too long."""

import asyncio
from itertools import pairwise
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as some

from agentmesh.control.lines import MOST_UNWRITTEN, Arriving, Leaving, LineTooLong

MOST = 20
LINES = some.lists(some.binary(max_size=MOST).map(lambda it: it.replace(b"\n", b" ")), max_size=8)


@given(LINES, some.data())
def test_lines_arrive_whole_however_they_are_cut(lines: list[bytes], data: some.DataObject) -> None:
    sent = b"".join(line + b"\n" for line in lines)
    cuts = sorted(data.draw(some.lists(some.integers(0, len(sent)), max_size=9)))
    arriving = Arriving(MOST)
    pieces = [sent[start:end] for start, end in pairwise([0, *cuts, len(sent)])]
    assert [line for piece in pieces for line in arriving.take(piece)] == lines


def test_a_line_that_does_not_end_is_not_gathered_for_ever() -> None:
    arriving = Arriving(MOST)
    assert arriving.take(b"one\n" + b"x" * MOST) == [b"one"]
    with pytest.raises(LineTooLong):
        arriving.take(b"x")


class Writer:
    """What is written, and how much of it the other side has not taken."""

    def __init__(self, untaken: int = 0) -> None:
        self.written: list[bytes] = []
        self.transport = SimpleNamespace(get_write_buffer_size=lambda: untaken)
        self.is_taken = asyncio.Event()

    def write(self, data: bytes) -> None:
        """Keep it."""
        self.written.append(data)

    def is_closing(self) -> bool:
        """Never."""
        return False

    async def drain(self) -> None:
        """Wait."""
        await self.is_taken.wait()


def leaving(writer: Writer) -> Leaving:
    return Leaving(writer)  # type: ignore[arg-type] # as much of it as is used


async def test_what_is_said_in_one_turn_is_written_in_one_piece() -> None:
    writer = Writer()
    out = leaving(writer)
    for word in (b"a\n", b"b\n", b"c\n"):
        out.write(word)
        await out.has_room(60)
    assert writer.written == []
    await asyncio.sleep(0)
    assert writer.written == [b"a\nb\nc\n"]


async def test_who_says_much_waits_until_it_is_taken() -> None:
    writer = Writer(untaken=MOST_UNWRITTEN + 1)
    out = leaving(writer)
    out.write(b"more\n")
    waiting = asyncio.create_task(out.has_room(60))
    await asyncio.sleep(0)
    assert writer.written == [b"more\n"]
    assert not waiting.done()
    writer.is_taken.set()
    await waiting


async def test_who_takes_nothing_is_not_waited_for_for_ever() -> None:
    out = leaving(Writer(untaken=MOST_UNWRITTEN + 1))
    with pytest.raises(TimeoutError):
        await out.has_room(0.01)
