"""What happened, for whoever wants to know: events, the audit log, callers who wait."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from itertools import groupby

import msgspec

from agentmesh.protocol.ids import Amid, MessageId, SessionId

Safe = str | int | float | bool
MAX_WAITING_NOTICES = 1000
REGISTRY_REACHED = "registry_reached"
"""The kind of the notice that the registry answers after it did not."""
CERTIFICATES_REVOKED = "certificates_revoked"
"""The kind of the notice that the log tells of certificates that were taken back."""
UNVOUCHED = "session_unvouched"
"""The kind of the notice that who answered for a peer does not hold, and that this ended it."""


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """One fact. `fields` hold no content, no name that a peer chose, no key."""

    kind: str
    peer: Amid | None = None
    session_id: SessionId | None = None
    message_id: MessageId | None = None
    in_reply_to: MessageId | None = None
    fields: Mapping[str, Safe] = msgspec.field(default_factory=dict)


Listener = Callable[[Notice], None]
RunListener = Callable[[Sequence[Notice]], None]
EVERY_KIND: frozenset[str] = frozenset()
"""Of no kind in particular."""


class Bulletin:
    """Hands each notice to whoever listens. A listener that is too slow loses the oldest."""

    def __init__(self) -> None:
        self._listeners: list[tuple[RunListener, Collection[str]]] = []
        self._by_kind: dict[str, list[RunListener]] = {}

    def listen(self, listener: Listener, kinds: Collection[str] = EVERY_KIND) -> None:
        """Call `listener` with every notice of these kinds from now on, for good."""

        def one_by_one(run: Sequence[Notice]) -> None:
            for notice in run:
                listener(notice)

        self.listen_to_runs(one_by_one, kinds)

    def listen_to_runs(self, listener: RunListener, kinds: Collection[str] = EVERY_KIND) -> None:
        """The same, but once for all notices of one kind that come one after the other."""
        self._listeners.append((listener, kinds))
        self._forget_wanting(kinds)

    def publish(self, *notices: Notice) -> None:
        """Tell everybody who wants to know."""
        for kind, run in groupby(notices, key=_kind):
            together = tuple(run)
            for listener in self._wanting(kind):
                listener(together)

    def _wanting(self, kind: str) -> list[RunListener]:
        wanting = self._by_kind.get(kind)
        if wanting is None:
            wanting = [it for it, kinds in self._listeners if not kinds or kind in kinds]
            self._by_kind[kind] = wanting
        return wanting

    @asynccontextmanager
    async def subscribed(
        self, kinds: Collection[str] = EVERY_KIND
    ) -> AsyncIterator["asyncio.Queue[Notice]"]:
        """Yield a bounded queue of what happens from now on."""
        queue: asyncio.Queue[Notice] = asyncio.Queue(MAX_WAITING_NOTICES)

        def put(run: Sequence[Notice]) -> None:
            for notice in run:
                if queue.full():
                    queue.get_nowait()
                queue.put_nowait(notice)

        with self._listening(put, kinds):
            yield queue

    @asynccontextmanager
    async def bell(
        self, kinds: Collection[str] = EVERY_KIND, peer: Amid | None = None
    ) -> AsyncIterator[asyncio.Event]:
        """Yield what every notice of these kinds rings; if a peer is named, only those about it.

        For who looks again whatever happened: however much comes at once, nothing is lost.
        """
        bell = asyncio.Event()

        def ring(run: Sequence[Notice]) -> None:
            if peer is None or any(notice.peer == peer for notice in run):
                bell.set()

        with self._listening(ring, kinds):
            yield bell

    @contextmanager
    def _listening(self, listener: RunListener, kinds: Collection[str]) -> Iterator[None]:
        self.listen_to_runs(listener, kinds)
        try:
            yield
        finally:
            self._listeners.remove((listener, kinds))
            self._forget_wanting(kinds)

    def _forget_wanting(self, kinds: Collection[str]) -> None:
        """Find out anew who wants these kinds: whoever waits for a message comes and goes often."""
        for kind in kinds or tuple(self._by_kind):
            self._by_kind.pop(kind, None)


async def rings(bell: asyncio.Event, seconds: float) -> bool:
    """Wait so long for a bell; return whether it rang. It is silent again after that."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await bell.wait()
    rang = bell.is_set()
    bell.clear()
    return rang


def _kind(notice: Notice) -> str:
    return notice.kind
