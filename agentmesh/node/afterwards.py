"""What is done when everything has left that somebody waits for."""

import asyncio
from collections.abc import Callable, Sequence

from agentmesh.node.sheet import Sheet

MOMENT_SECONDS = 0.05
"""By then a turn's frames and answers have left; what follows it so soon is written with it.

A daemon that is killed has not written so much of its transcripts; the messages are kept."""


class Afterwards:
    """Hands sheets to `write` in their order, those of a moment together."""

    def __init__(self, write: Callable[[Sequence[Sheet]], None]) -> None:
        self._write = write
        self._waiting: list[Sheet] = []

    def put(self, sheet: Sheet) -> None:
        """Write this one down in a moment."""
        if not self._waiting:
            asyncio.get_running_loop().call_later(MOMENT_SECONDS, self.finish)
        self._waiting.append(sheet)

    def finish(self) -> None:
        """Write down now what waits."""
        sheets, self._waiting = self._waiting, []
        if sheets:
            self._write(sheets)
