"""A transport that can be switched off: then there is no way through, by the owner's will.

Whoever switches it on does so only as long as `may` says so, however long that takes.
"""

import asyncio
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

from agentmesh.errors import TransportError
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Presence, PresenceResponse, Send, Sent
from agentmesh.transport.interface import Arrival, LinkStatus, Transport


class SwitchedTransport:
    """See `Transport`. Each time it is switched on, a new transport is made."""

    def __init__(
        self,
        make: Callable[[], Transport],
        off: Callable[[], LinkStatus],
        may: Callable[[], bool] = lambda: True,
    ) -> None:
        self._make = make
        self._off = off
        self._may = may
        self._current: Transport | None = None
        self._cut_off: list[Transport] = []
        self._shown: Presence | None = None
        self._turn = asyncio.Lock()  # whoever switches last has the last word

    async def __aenter__(self) -> Self:
        """Make ready, switched off."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch off."""
        await self.switch(is_on=False)

    async def switch(self, *, is_on: bool) -> None:
        """Connect, or let go of every connection."""
        async with self._turn:
            while self._cut_off:
                await self._cut_off.pop().__aexit__(None, None, None)
            if is_on and self._current is None and self._may():
                await self._switch_on()
            elif not is_on and self._current is not None:
                current, self._current = self._current, None
                await current.__aexit__(None, None, None)

    async def _switch_on(self) -> None:
        made = await self._make().__aenter__()
        if not self._may():
            made.cut()
            self._cut_off.append(made)
            return
        self._current = made
        if self._shown is not None:
            made.show(self._shown)

    def cut(self) -> None:
        """Switch off at once, without a farewell; `switch` tidies up."""
        if self._current is not None:
            current, self._current = self._current, None
            self._cut_off.append(current)
            current.cut()

    async def send(self, frame: Send, relay: str | None = None) -> Sent:
        """Offer a frame, if there is a way."""
        return await self._ready().send(frame, relay)

    async def presence_of(self, amid: Amid, relay: str | None = None) -> PresenceResponse:
        """Ask how a peer is, if there is a way."""
        return await self._ready().presence_of(amid, relay)

    def ack(self, arrivals: Iterable[Arrival]) -> None:
        """Say that these are saved; what cannot be said comes again."""
        if self._current is not None:
            self._current.ack(arrivals)

    def show(self, presence: Presence) -> None:
        """Say how we are and who may know, now and whenever it is switched on."""
        self._shown = presence
        if self._current is not None:
            self._current.show(presence)

    def status(self) -> LinkStatus:
        """Return how the link to our own relay is."""
        return self._off() if self._current is None else self._current.status()

    def _ready(self) -> Transport:
        if self._current is None:
            raise TransportError("stopped", "Everything is stopped.", "agentmesh up")
        return self._current
