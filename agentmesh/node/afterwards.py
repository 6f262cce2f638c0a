"""What is done when everything has left that somebody waits for."""

import asyncio
from collections import deque
from collections.abc import Callable

from agentmesh.node.sheet import Sheet

TURNS_LATER = 4
"""So many turns of the loop later a turn's frames and answers are written; who has read one of them
and asks, comes later still."""


class Afterwards:
    """Hands sheets to `write` in their order, each a few turns of the loop later."""

    def __init__(self, write: Callable[[Sheet], None]) -> None:
        self._write = write
        self._waiting: deque[Sheet] = deque()

    def put(self, sheet: Sheet) -> None:
        """Write this one down in a moment."""
        self._waiting.append(sheet)
        self._wait(TURNS_LATER)

    def finish(self) -> None:
        """Write down now what waits."""
        while self._waiting:
            self._write(self._waiting.popleft())

    def _wait(self, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._wait, turns - 1)
        elif self._waiting:
            self._write(self._waiting.popleft())
