"""What pages show: parts of the state, and what happened lately. Compared, never queued.

A part is the answer of a call. However much happens, the parts are looked at four times a second,
and only while somebody watches.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import msgspec

from agentmesh.control import answers, calls
from agentmesh.daemon.dashboard.replies import told
from agentmesh.errors import AgentMeshError
from agentmesh.node.notices import Bulletin, Notice
from agentmesh.protocol.times import to_text
from agentmesh.protocol.world import Clock

PAUSE_SECONDS = 0.25
REST = 4
"""So many times as long as a look took, there is none: a large house is looked at less often."""
MAX_EVENTS = 50

Ask = Callable[[str, msgspec.Raw, calls.Permit], Awaitable[Any]]

PARTS: dict[str, tuple[str, msgspec.Raw]] = {
    "status": ("status", msgspec.Raw(b"{}")),
    "knocks": ("knocks.list", msgspec.Raw(b'{"limit":100}')),
    "breakers": ("breakers.list", msgspec.Raw(b"{}")),
    "approvals": ("approvals.list", msgspec.Raw(b"{}")),
    "files": ("files.list", msgspec.Raw(b"{}")),
    "figures": ("figures", msgspec.Raw(b"{}")),
}


class Part(NamedTuple):
    """A part as JSON. `number`: at which look it became so; `same`: what it is compared by."""

    number: int
    json: msgspec.Raw
    same: bytes


class Happened(NamedTuple):
    """An event, and the how manieth it is."""

    number: int
    at: float
    notice: Notice


class News(NamedTuple):
    """What is other than before: parts, the newest events, and how many are left out."""

    parts: dict[str, msgspec.Raw]
    events: list[answers.Event]
    more: int


class Place(NamedTuple):
    """How far a reader has come."""

    look: int = 0
    event: int = 0


class Board:
    """Looks at the parts when somebody asks for news."""

    def __init__(self, bulletin: Bulletin, clock: Clock) -> None:
        self._clock = clock
        self._parts: dict[str, Part] = {}
        self._events: deque[Happened] = deque(maxlen=MAX_EVENTS)
        self._watchers: list[asyncio.Event] = []
        self._looking = asyncio.Lock()
        self._look = 0
        self._looked_at = float("-inf")
        self._happened = 0
        self._is_stale = False
        self._pause = PAUSE_SECONDS
        bulletin.listen(self._hear)

    @contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """Yield what is set whenever something happens."""
        watcher = asyncio.Event()
        self._watchers.append(watcher)
        try:
            yield watcher
        finally:
            self._watchers.remove(watcher)

    def wake(self) -> None:
        """Let everybody who watches look up."""
        for watcher in self._watchers:
            watcher.set()

    async def news(self, ask: Ask, place: Place) -> tuple[News, Place]:
        """Return what is new since a place, and the next place; everything for `Place()`."""
        async with self._looking:
            early = self._looked_at + self._pause - self._clock.monotonic()
            if self._is_stale or early <= 0:
                await asyncio.sleep(max(0.0, early))
                await self._look_again(ask)
        parts = {name: it.json for name, it in self._parts.items() if it.number > place.look}
        if not place.look:
            return News(parts, [], 0), Place(self._look, self._happened)
        fresh = [it for it in self._events if it.number > place.event]
        more = self._happened - place.event - len(fresh)
        events = [_event(it) for it in fresh]
        return News(parts, events, more), Place(self._look, self._happened)

    async def _look_again(self, ask: Ask) -> None:
        self._looked_at = self._clock.monotonic()
        self._is_stale = False
        self._look += 1
        for name, (call, params) in PARTS.items():
            try:
                answer = await ask(call, params, "owner")
            except AgentMeshError as error:
                answer = {"error": told(error)}
            same = _encode(_still(answer))
            if name not in self._parts or self._parts[name].same != same:
                self._parts[name] = Part(self._look, msgspec.Raw(_encode(answer)), same)
        self._pause = max(PAUSE_SECONDS, REST * (self._clock.monotonic() - self._looked_at))

    def _hear(self, notice: Notice) -> None:
        if not self._watchers:
            return
        self._happened += 1
        self._is_stale = True
        self._events.append(Happened(self._happened, self._clock.now(), notice))
        self.wake()


_encode = msgspec.json.Encoder().encode


def _still(answer: object) -> object:
    """Return an answer without what changes all the time by itself."""
    if not isinstance(answer, answers.Status):
        return answer
    daemon = msgspec.structs.replace(answer.daemon, uptime_seconds=0)
    return msgspec.structs.replace(answer, daemon=daemon)


def _event(it: Happened) -> answers.Event:
    data = {
        "peer": it.notice.peer,
        "session_id": it.notice.session_id,
        "message_id": it.notice.message_id,
        **it.notice.fields,
    }
    return answers.Event(kind=it.notice.kind, at=to_text(it.at), data=data)
