"""How a process is told to stop, and the last bound on how long that may take.

Told once, everything ends in order. A second signal, a moment later, ends the process as if nobody
listened. What was to last is on the disk before anything leaves: neither loses what was promised.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from typing import TypeVar

from agentmesh.observability.logs import Code, record
from agentmesh.observability.tasks import name_of, place_of

CAME_TO_NOTHING = 70
"""The exit code of a process that nobody told to stop, and that cannot end by itself either."""
SAME_SECONDS = 1.0
"""A terminal and a wrapper may both pass on what was said once: so long it counts as once."""
_SIGNALS = (signal.SIGTERM, signal.SIGINT)

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Told(Exception):
    """The process was told to stop before it had started."""


class Stopping:
    """One process, whose loop this is: it ends within so many seconds. `told`: once it is to."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float) -> None:
        self.told = asyncio.Event()
        self._loop = loop
        self._seconds = seconds
        self._entering: asyncio.Timeout | None = None
        self._exit_code = 0
        self._was_signalled = False
        self._last: threading.Timer | None = None

    def listen(self) -> None:
        """Be told by SIGTERM and SIGINT from now on."""
        for number in _SIGNALS:
            self._loop.add_signal_handler(number, self._signalled)

    def tell(self) -> None:
        """Stop."""
        self.bound(0)
        self.told.set()
        if self._entering is not None:
            self._entering.reschedule(self._loop.time())

    async def enter(self, part: AbstractAsyncContextManager[T], stack: AsyncExitStack) -> T:
        """Enter a part that may take long to start; raise `Told` if it is told to stop first."""
        try:
            async with asyncio.timeout(0 if self.told.is_set() else None) as self._entering:
                return await stack.enter_async_context(part)
        except TimeoutError:
            if not self.told.is_set():
                raise
            raise Told from None
        finally:
            self._entering = None

    def bound(self, exit_code: int = CAME_TO_NOTHING) -> None:
        """End the process with this code if it takes longer from now on than it may."""
        self._exit_code = exit_code
        if self._last is None:
            # A thread: the loop may be held up itself, and has ended when threads are waited for.
            self._last = threading.Timer(self._seconds, self._give_up)
            self._last.daemon = True
            self._last.start()

    def go_on(self) -> None:
        """Bound nothing any more, unless it was told to stop."""
        if self._last is not None and not self.told.is_set():
            self._last.cancel()
            self._last = None

    def _signalled(self) -> None:
        if not self._was_signalled:
            self._was_signalled = True
            self._loop.call_later(SAME_SECONDS, self._listen_no_more)
        self.tell()

    def _listen_no_more(self) -> None:
        for number in _SIGNALS:
            self._loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    def _give_up(self) -> None:
        try:
            for task in asyncio.all_tasks(self._loop):
                record(_log, logging.WARNING, "stop.task", task=name_of(task), at=place_of(task))
            frames = sys._current_frames()  # noqa: SLF001 (there is no other way to ask)
            for thread in threading.enumerate():
                frame = frames.get(thread.ident or 0)
                if not thread.daemon and frame is not None:
                    at = Code(f"{frame.f_code.co_name}:{frame.f_lineno}")
                    record(_log, logging.WARNING, "stop.thread", thread=Code(thread.name), at=at)
            record(_log, logging.WARNING, "stop.given_up", seconds=self._seconds)
        finally:
            os._exit(self._exit_code)
