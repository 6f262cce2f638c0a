"""A loop of its own, in a thread: for what goes on while a test blocks.

    with aside(self._listening):
        ...

`listening` is entered there; the block begins once it is, and what it left behind is cancelled.
"""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager

from tests.support.patience import PATIENCE

TURNS_TO_LET_GO = 5
"""What was closed is let go of a turn later, and perhaps one more."""


@contextmanager
def aside(listening: Callable[[], AbstractAsyncContextManager[None]]) -> Iterator[None]:
    """Run it as long as the block lasts."""
    loop, ready, end = asyncio.new_event_loop(), threading.Event(), asyncio.Event()

    async def run() -> None:
        async with listening():
            ready.set()
            await end.wait()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for _ in range(TURNS_TO_LET_GO):
            await asyncio.sleep(0)

    thread = threading.Thread(target=lambda: loop.run_until_complete(run()))
    thread.start()
    try:
        assert ready.wait(PATIENCE)
        yield
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join(PATIENCE)
        loop.close()
