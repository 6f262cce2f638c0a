"""Background work lives as long as its part."""

import asyncio

from agentmesh.node.background import Background


async def test_work_ends_with_its_part() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    background = Background()
    await background.begin(work())
    await asyncio.sleep(0)
    await background.end()
    assert ended.is_set()


async def test_what_was_never_begun_can_be_ended() -> None:
    await Background().end()
