"""Several directories as one, and a memory of who was where. Bundles are never remembered."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from agentmesh.crypto.bundle import VerifiedBundle
from agentmesh.discovery.interface import (
    Directory,
    DirectoryStatus,
    Found,
    PrekeyCount,
    ProofBegun,
    Query,
    Reputation,
    SearchPage,
)
from agentmesh.errors import (
    AgentMeshError,
    Refused,
    RemoteProtocolError,
    TransportError,
    UsageError,
)
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.feedback import Feedback
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.published_schema import PublishedSchema
from agentmesh.protocol.records import PrekeyUpload
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.world import Clock

CACHE_SECONDS = 5 * 60
CACHE_ENTRIES = 1000

T = TypeVar("T")

# Answers after which another directory may know better. Anything else is final.
_NOT_HERE = {"agent_not_found", "prekeys_not_found", "schema_not_found"}


class Chain:
    """Asks the first directory, and the next one where that one cannot help."""

    def __init__(self, directories: Sequence[Directory], clock: Clock) -> None:
        if not directories:
            raise UsageError("no_directory", "There is no directory to ask.")
        self._directories = tuple(directories)
        self._clock = clock
        self._known: OrderedDict[Amid, tuple[float, Found]] = OrderedDict()
        self._asking: set[asyncio.Timeout] = set()
        self._is_cut = False

    async def lookup(self, amid: Amid) -> Found:
        """Return who that is, perhaps as of five minutes ago."""
        known = self._remembered(amid)
        if known is not None:
            return known
        found = await self._first(lambda directory: directory.lookup(amid))
        self._known[amid] = (self._clock.monotonic() + CACHE_SECONDS, found)
        if len(self._known) > CACHE_ENTRIES:
            self._known.popitem(last=False)
        return found

    def cut(self) -> None:
        """Ask nobody any more until `mend`, and wait for no answer that is on its way."""
        self._is_cut = True
        for scope in self._asking:
            scope.reschedule(asyncio.get_running_loop().time())

    def mend(self) -> None:
        """Ask again."""
        self._is_cut = False

    def remembered(self) -> set[Amid]:
        """Return of whom we remember where they are."""
        return set(self._known)

    async def asking(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Return what one of our directories answers, unless everything is stopped meanwhile."""
        if self._is_cut:
            raise _stopped()
        return await self._asked(ask())

    def forget(self, amid: Amid) -> None:
        """Ask afresh the next time."""
        self._known.pop(amid, None)

    async def bundle(self, amid: Amid, *, one_time: bool = True) -> VerifiedBundle:
        """Return keys to begin a session with, always fresh."""
        return await self._first(lambda directory: directory.bundle(amid, one_time=one_time))

    async def register(self, signed: Signed) -> Found:
        """Publish our record in the first directory that takes it."""
        self.forget(signed.amid)
        return await self._first(lambda directory: directory.register(signed))

    async def publish_prekeys(self, upload: PrekeyUpload) -> PrekeyCount:
        """Publish our prekeys in the first directory that takes them."""
        return await self._first(lambda directory: directory.publish_prekeys(upload))

    async def prekey_count(self) -> PrekeyCount:
        """Return what is there of our prekeys."""
        return await self._first(lambda directory: directory.prekey_count())

    async def set_status(self, status: Status) -> None:
        """Publish our presence."""
        await self._first(lambda directory: directory.set_status(status))

    async def search(self, query: Query) -> SearchPage:
        """Return a page of agents."""
        return await self._first(lambda directory: directory.search(query))

    async def providers(self) -> tuple[str, ...]:
        """Return where our owner can prove to be our owner."""
        return await self._first(lambda directory: directory.providers())

    async def begin_proof(self, provider: str, address: str) -> ProofBegun:
        """Begin to prove who owns us, at the first directory that answers."""
        return await self._first(lambda directory: directory.begin_proof(provider, address))

    async def prove(self, attempt: str, code: str) -> Found:
        """Hand in the code that the owner was shown."""
        found = await self._first(lambda directory: directory.prove(attempt, code))
        self.forget(found.amid)
        return found

    async def publish_schema(self, signed: Signed) -> None:
        """Publish a schema of ours in the first directory that takes it."""
        await self._first(lambda directory: directory.publish_schema(signed))

    async def schema(self, schema_id: str) -> PublishedSchema:
        """Return a published schema."""
        return await self._first(lambda directory: directory.schema(schema_id))

    async def rate(self, receipt: bytes, feedback: Feedback) -> bool:
        """Rate the other party of a session in the first directory that knows both."""
        return await self._first(lambda directory: directory.rate(receipt, feedback))

    async def reputation(self, amid: Amid) -> Reputation:
        """Return an agent's reputation, always fresh."""
        return await self._first(lambda directory: directory.reputation(amid))

    def status(self) -> tuple[DirectoryStatus, ...]:
        """Return how each directory is doing."""
        return tuple(one for directory in self._directories for one in directory.status())

    def _remembered(self, amid: Amid) -> Found | None:
        until, found = self._known.get(amid, (0.0, None))
        if found is None or until <= self._clock.monotonic():
            self.forget(amid)
            return None
        self._known.move_to_end(amid)
        return found

    async def _first(self, ask: Callable[[Directory], Awaitable[T]]) -> T:
        first_failure: AgentMeshError | None = None
        for directory in self._directories:
            if self._is_cut:
                raise _stopped()
            try:
                return await self._asked(ask(directory))
            except (TransportError, RemoteProtocolError, Refused) as failure:
                if isinstance(failure, Refused) and failure.code not in _NOT_HERE:
                    raise
                # The first one's answer counts: the others only fill in.
                first_failure = first_failure or failure
        raise first_failure or UsageError("no_directory")

    async def _asked(self, answer: Awaitable[T]) -> T:
        """Return the answer, unless everything is stopped meanwhile."""
        scope = asyncio.timeout(None)
        self._asking.add(scope)
        try:
            async with scope:
                return await answer
        except TimeoutError:
            raise _stopped() from None
        finally:
            self._asking.discard(scope)


def _stopped() -> TransportError:
    return TransportError("stopped", "Everything is stopped.")
