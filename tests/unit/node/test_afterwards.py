"""What is written down when everything has left."""

import asyncio

from agentmesh.node.afterwards import TURNS_LATER, Afterwards
from agentmesh.node.sheet import Sheet
from tests.support.stores import BOB


def _sheets(*times: float) -> list[Sheet]:
    return [Sheet(BOB, now) for now in times]


async def test_what_is_put_is_written_later_in_its_order_and_once() -> None:
    written: list[Sheet] = []
    afterwards = Afterwards(written.append)
    sheets = _sheets(1, 2, 3)
    for sheet in sheets:
        afterwards.put(sheet)
    for _ in range(TURNS_LATER):
        assert written == []
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert written == sheets


async def test_who_cannot_wait_has_all_of_it_written_at_once() -> None:
    written: list[Sheet] = []
    afterwards = Afterwards(written.append)
    first, second = _sheets(1, 2)
    afterwards.put(first)
    afterwards.finish()
    assert written == [first]
    afterwards.put(second)
    afterwards.finish()
    for _ in range(2 * TURNS_LATER):
        await asyncio.sleep(0)
    assert written == [first, second]
