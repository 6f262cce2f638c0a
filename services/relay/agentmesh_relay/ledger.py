"""What agents have used of their limits, on disk: a restart is no way to be granted it again.

A debt is paid within a minute. The file is written every few seconds while it changes, and at the
end; what a crash takes with it is what was used in those seconds.
"""

import asyncio
import contextlib
from pathlib import Path

import msgspec

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock
from agentmesh_relay.limits import MINUTE, Accounts

MAX_BYTES = 32 * 1024 * 1024


class Page(msgspec.Struct, frozen=True):
    """For how many seconds each agent still owes, by kind, as of this time of day."""

    at: float
    debts: dict[Amid, tuple[float, ...]]


class Ledger:
    """The file."""

    def __init__(self, path: Path, accounts: Accounts, clock: Clock) -> None:
        self._path = path
        self._accounts = accounts
        self._clock = clock
        self._was_empty = False

    def load(self) -> None:
        """Let the accounts owe what they owed; what is not readable is forgotten."""
        try:
            if self._path.stat().st_size > MAX_BYTES:
                return
            page = msgspec.msgpack.decode(self._path.read_bytes(), type=Page)
        except (OSError, msgspec.MsgspecError):
            return
        passed = min(max(self._clock.now() - page.at, 0.0), MINUTE)
        for amid, debts in page.debts.items():
            left = [debt - passed for debt in debts]
            if max(left, default=0.0) > 0:
                self._accounts.owe(amid, left, self._clock.monotonic())

    async def save(self) -> None:
        """Write who owes what."""
        page = Page(self._clock.now(), self._accounts.debts(self._clock.monotonic()))
        if page.debts or not self._was_empty:
            self._was_empty = not page.debts
            await asyncio.to_thread(self._write, page)

    def _write(self, page: Page) -> None:
        fresh = self._path.with_suffix(".new")
        with contextlib.suppress(OSError):  # a disk that is full costs this, and nothing else
            fresh.write_bytes(msgspec.msgpack.encode(page))
            fresh.replace(self._path)
