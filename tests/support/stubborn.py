"""A daemon with something in it that does not end: `python -m tests.support.stubborn WHAT`.

The bounds are short here; everything else is the daemon as it is.
"""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from agentmesh.daemon import process
from agentmesh.daemon.assemble import assembled
from agentmesh.daemon.rooms import Rooms
from agentmesh.node.background import Background
from agentmesh.observability import stopping

LAST_SECONDS = 1.0


async def hides() -> None:
    """Hear of no cancellation, for ever."""
    while True:
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()


async def reads() -> None:
    """Leave a thread behind that waits for a disk which does not answer."""
    await asyncio.to_thread(threading.Event().wait)


@asynccontextmanager
async def with_one_more(*given: Any) -> AsyncIterator[Rooms]:
    """Add a part whose work does not end."""
    work = {"hides": hides, "reads": reads}[WHAT]
    async with assembled(*given) as rooms:
        background = Background()
        await background.begin(work())
        try:
            yield rooms
        finally:
            await background.end()


if __name__ == "__main__":
    WHAT = sys.argv.pop()
    process.LAST_SECONDS = LAST_SECONDS
    stopping.SAME_SECONDS = 0.0
    setattr(process, "assembled", with_one_more)  # noqa: B010 (a function is no variable)
    sys.exit(process.main())
