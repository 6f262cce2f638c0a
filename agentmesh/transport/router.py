"""The transport of the node: our own relay always, other relays as long as they are needed."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Self, TypeVar

from agentmesh.errors import TransportError
from agentmesh.observability.tasks import Tasks
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.relay_frames import Presence, PresenceResponse, Send, Sent
from agentmesh.transport.caller import Caller
from agentmesh.transport.interface import Arrival, Incoming, LinkStatus
from agentmesh.transport.relay import RelayLink

A = TypeVar("A")

MAX_FOREIGN_LINKS = 16
"""At this bound the link that said nothing for longest gives way, of those that are idle or silent;
if none is, of those that had their place for a while; if none had, `send` fails."""
SILENT_SECONDS = 5
"""Whoever waits for an answer for so long keeps no link from others any more."""
MAX_AT_SILENT = 16
"""So many wait on for a relay that is silent to them, with all that they hold; who comes behind
them is told so at once."""
IDLE_SECONDS = 60
LOOK_SECONDS = 5


@dataclass(slots=True)
class _Lease:
    """A link to another relay: since when, last of use when, its last word (or first use) when.

    `waiting`: since when everybody waits who waits for an answer, in this order.
    """

    link: RelayLink
    task: asyncio.Task[None]
    opened_at: float
    used_at: float
    silent_since: float
    waiting: dict[object, float] = field(default_factory=dict)

    def has_kept_waiting(self, most: int, since: float) -> bool:
        """Whether so many have waited since then."""
        last = next(islice(self.waiting.values(), most - 1, None), None)
        return last is not None and last <= since


class Router:
    """See `Transport`."""

    def __init__(self, home: str, caller: Caller, incoming: Incoming) -> None:
        self._caller = caller
        # What a stranger's relay takes for the time says nothing about our clock.
        self._caller_elsewhere = replace(caller, heard=lambda _: None)
        self._incoming = incoming
        self._home = RelayLink(home, caller, incoming, is_ours=True)
        self._foreign: dict[str, _Lease] = {}
        self._tasks = Tasks()
        self._own: list[asyncio.Task[None]] = []
        self._is_cut = False

    async def __aenter__(self) -> Self:
        """Begin to connect to our own relay."""
        await self._tasks.begin()
        self._own = [
            self._tasks.start(self._home.run()),
            self._tasks.start(self._close_idle_ones()),
        ]
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        """Close all links; whoever still waits for an answer gets `TransportError`."""
        self._home.end()
        for origin in tuple(self._foreign):
            self._drop(origin)
        await self._tasks.end()

    def cut(self) -> None:
        """Let go of every connection at once; leaving tidies up."""
        self._is_cut = True
        self._home.cut()
        for task in self._own:
            task.cancel()
        for lease in self._foreign.values():
            lease.link.cut()
            lease.task.cancel()

    async def send(self, frame: Send, relay: str | None = None) -> Sent:
        """Offer a frame to the recipient's relay (None: ours) and return its answer."""
        origin = self._home.origin if relay is None else origin_of(relay)
        if origin == self._home.origin:
            return await self._home.send(frame)
        # Strangers make us refuse them, as many as they are, at as many relays as they like.
        lease = self._lease(origin, may_displace=frame.message_type != "reject")
        return await self._ask(lease, lambda link: link.send(frame))

    async def presence_of(self, amid: Amid, relay: str | None = None) -> PresenceResponse:
        """Ask how a peer is."""
        origin = self._home.origin if relay is None else origin_of(relay)
        if origin == self._home.origin:
            return await self._home.presence_of(amid)
        return await self._ask(self._lease(origin), lambda link: link.presence_of(amid))

    def ack(self, arrivals: Iterable[Arrival]) -> None:
        """Say that these are saved, to our own relay: no other brings us anything."""
        self._home.ack(arrivals)

    def show(self, presence: Presence) -> None:
        """Say how we are and who may know, to our own relay."""
        self._home.show(presence)

    def status(self) -> LinkStatus:
        """Return how the link to our own relay is."""
        return self._home.status()

    def foreign(self) -> list[LinkStatus]:
        """Return how the links to other relays are."""
        return [lease.link.status() for lease in self._foreign.values()]

    async def _ask(self, lease: _Lease, ask: Callable[[RelayLink], Awaitable[A]]) -> A:
        """Ask another relay, and keep the link to it meanwhile."""
        since = lease.used_at - SILENT_SECONDS
        if lease.has_kept_waiting(MAX_AT_SILENT, since):
            # One that answers others is slow, or the way to it is, and worth asking again soon.
            code = "relay_silent" if lease.silent_since <= since else "relay_busy"
            raise TransportError(code, "Enough others wait for this relay.")
        if not lease.waiting:
            lease.silent_since = lease.used_at
        who = object()
        lease.waiting[who] = lease.used_at
        try:
            answer = await ask(lease.link)
            lease.silent_since = self._caller.clock.monotonic()
        finally:
            del lease.waiting[who]
            lease.used_at = self._caller.clock.monotonic()
        return answer

    def _lease(self, origin: str, *, may_displace: bool = True) -> _Lease:
        if self._is_cut:
            raise TransportError("stopped", "Everything is stopped.")
        now = self._caller.clock.monotonic()
        lease = self._foreign.get(origin)
        if lease is None:
            if len(self._foreign) >= MAX_FOREIGN_LINKS:
                self._make_room(now, may_displace=may_displace)
            link = RelayLink(origin, self._caller_elsewhere, self._incoming, is_ours=False)
            lease = _Lease(link, self._tasks.start(link.run()), now, now, now)
            self._foreign[origin] = lease
        lease.used_at = now
        return lease

    def _make_room(self, now: float, *, may_displace: bool) -> None:
        links, since = self._foreign, now - SILENT_SECONDS
        spare = [name for name, it in links.items() if not it.waiting or it.silent_since <= since]
        spare = spare or [name for name, it in links.items() if it.opened_at <= since]
        if not (spare and may_displace):
            raise TransportError("relay_busy", "Too many other relays are in use.", "Try later.")
        self._drop(min(spare, key=lambda origin: links[origin].silent_since))

    def _drop(self, origin: str) -> None:
        lease = self._foreign.pop(origin)
        lease.link.end()
        lease.task.cancel()

    async def _close_idle_ones(self) -> None:
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            old = self._caller.clock.monotonic() - IDLE_SECONDS
            for origin, lease in list(self._foreign.items()):
                if not lease.waiting and lease.used_at <= old:
                    self._drop(origin)
