"""What time demands of a relay, as often as those who are there need it: with few it sleeps."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

from agentmesh.protocol.world import Clock
from agentmesh_relay.arrivals import Arrivals
from agentmesh_relay.hub import Hub
from agentmesh_relay.ledger import Ledger
from agentmesh_relay.lobby import Lobby
from agentmesh_relay.rounds import pause_between

TELL_SECONDS = 1.0
SAVE_SECONDS = 10.0
CLEAN_SECONDS = 60.0
EARLY_SECONDS = 0.01
"""A loop's timer may be a millisecond early: what is due then does not wait for the next look."""


class Every:
    """Something that is to be done every so many seconds."""

    def __init__(self, seconds: float, now: float) -> None:
        self._seconds = seconds
        self._last = now

    def is_due(self, now: float) -> bool:
        """Say so, and count from now on."""
        if now - self._last < self._seconds - EARLY_SECONDS:
            return False
        self._last = now
        return True


class Looks:
    """Looks after everybody at a relay: first connections, then what they left behind."""

    def __init__(
        self, arrivals: Arrivals, lobbies: Sequence[Lobby], hub: Hub, ledger: Ledger, clock: Clock
    ) -> None:
        self._arrivals = arrivals
        self._lobbies = lobbies
        self._hub = hub
        self._ledger = ledger
        self._clock = clock
        now = clock.monotonic()
        self._tell = Every(TELL_SECONDS, now)
        self._save = Every(SAVE_SECONDS, now)
        self._clean = Every(CLEAN_SECONDS, now)
        self.pause = 0.0

    async def go_on_until(self, stop: asyncio.Event) -> None:
        """Look, and rest, until told to stop."""
        while not stop.is_set():
            await self.look()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.pause):
                    await stop.wait()

    async def look(self) -> None:
        """Do what time demands, and know when it does again."""
        self._arrivals.look(self.pause)
        for lobby in self._lobbies:
            lobby.look()
        # Every open socket counts: those who say nothing are closed a few at a time, too.
        self.pause = pause_between(sum(map(len, self._lobbies)))
        now = self._clock.monotonic()
        if self._tell.is_due(now):
            self._hub.look()
        if self._clean.is_due(now):
            self._hub.clean()
        if self._save.is_due(now):
            await self._ledger.save()
