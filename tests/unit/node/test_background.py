"""Background work lives as long as its part, and its errors are not lost."""

import asyncio

import pytest

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


async def test_an_error_of_the_work_is_raised_where_it_is_ended() -> None:
    async def work() -> None:
        raise ValueError("a bug")

    background = Background()
    await background.begin(work())
    with pytest.raises(ExceptionGroup):
        await background.end()


async def test_what_was_never_begun_can_be_ended() -> None:
    await Background().end()
