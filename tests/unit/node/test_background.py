"""Background work lives as long as its part."""

import asyncio
import logging

import pytest

from agentmesh.errors import StorageError, TransportError
from agentmesh.node.background import Background, looked


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


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TransportError("registry_unreachable"), ("INFO", "log.failed code=registry_unreachable")),
        (StorageError("disk_full"), ("WARNING", "log.failed code=disk_full")),
        (ZeroDivisionError("a secret"), ("ERROR", "log.bug kind=ZeroDivisionError")),
    ],
)
async def test_a_look_that_fails_is_a_line_in_the_log(
    caplog: pytest.LogCaptureFixture, error: Exception, said: tuple[str, str]
) -> None:
    async def look() -> None:
        raise error

    with caplog.at_level(logging.INFO, "agentmesh.node"):
        await looked(look, "log")
    (line,) = caplog.records
    assert line.levelname == said[0]
    assert line.getMessage().startswith(said[1])
    assert "secret" not in line.getMessage()


async def test_what_is_ended_is_not_kept_from_ending() -> None:
    work = asyncio.create_task(looked(asyncio.Event().wait, "log"))
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
