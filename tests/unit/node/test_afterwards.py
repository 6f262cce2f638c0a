"""What is written down when everything has left."""

import asyncio
from collections.abc import Sequence

from agentmesh.node.afterwards import MOMENT_SECONDS, Afterwards
from agentmesh.node.sheet import Sheet
from tests.support.stores import BOB


def _sheets(*times: float) -> list[Sheet]:
    return [Sheet(BOB, now) for now in times]


async def test_what_is_put_in_one_moment_is_written_later_together_in_its_order() -> None:
    written: asyncio.Queue[Sequence[Sheet]] = asyncio.Queue()
    afterwards = Afterwards(written.put_nowait)
    first, second, third = _sheets(1, 2, 3)
    afterwards.put(first)
    afterwards.put(second)
    await asyncio.sleep(0)
    assert written.empty()
    assert await written.get() == [first, second]
    afterwards.put(third)
    assert await written.get() == [third]


async def test_who_cannot_wait_has_all_of_it_written_at_once_and_no_more() -> None:
    written: list[Sheet] = []
    afterwards = Afterwards(written.extend)
    first, second = _sheets(1, 2)
    afterwards.put(first)
    afterwards.finish()
    assert written == [first]
    afterwards.put(second)
    afterwards.finish()
    await asyncio.sleep(2 * MOMENT_SECONDS)
    assert written == [first, second]
