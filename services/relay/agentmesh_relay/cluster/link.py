"""The connection to NATS, made again whenever it is lost. The one module that knows the library.

Calls that only say something return at once, and say nothing while there is no connection: whoever
needs an answer waits for it, and no wait is without a bound.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from itertools import count
from typing import Any

import msgspec
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from agentmesh.errors import TransportError, UsageError
from agentmesh.observability.logs import Code, record
from agentmesh.protocol.world import Entropy

CONNECT_SECONDS = 3
PING_SECONDS = 5
MISSED_PINGS = 2
"""A silent server is given up after `PING_SECONDS` times one more than these."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Before trying to connect again: doubled each time, and half of it by chance."""

MAX_OUTGOING = 100_000
"""What may wait to be written. Beyond it the new one is dropped, as on a lost connection."""

ANSWER_SECONDS = 5
NO_LISTENER = "503"
"""The status that says: nobody listens there."""

OLDEST_SERVER = (2, 11)
_REPLY = "agentmesh.reply"

_log = logging.getLogger(__name__)
# The library prints tracebacks, and what it stumbled over.
logging.getLogger("nats").setLevel(logging.CRITICAL + 1)


class Heard(msgspec.Struct, frozen=True, gc=False):
    """A message from NATS."""

    subject: str
    data: bytes
    headers: Mapping[str, str]

    @property
    def status(self) -> str:
        """The server's word in place of an answer, or nothing."""
        return self.headers.get("Status", "")


Told = Callable[[Heard], None]
Change = Callable[[], None]


class Link:
    """See above. `name` is this node's, new at every start."""

    def __init__(self, servers: Sequence[str], entropy: Entropy) -> None:
        self.name = entropy(8).hex()
        self.is_up = False
        self._servers = servers
        self._entropy = entropy
        self._client: Client | None = None
        self._listeners: dict[str, Told] = {f"{_REPLY}.{self.name}.*": self._replied}
        self._prepare: Callable[[], Awaitable[None]] = _nothing
        self._changes: list[tuple[Change, Change]] = []
        self._lost = asyncio.Event()
        self._outgoing: deque[tuple[str, bytes, str, dict[str, str] | None]] = deque()
        self._news = asyncio.Event()
        self._numbers = count()
        self._waiting: dict[str, asyncio.Queue[Heard | None]] = {}

    def listen(self, subject: str, told: Told) -> None:
        """Hear what is said there. To be asked before the link is entered."""
        self._listeners[subject] = told

    def prepare(self, task: Callable[[], Awaitable[None]]) -> None:
        """Do this with each new connection, before anybody else uses it."""
        self._prepare = task

    def watch(self, up: Change, down: Change) -> None:
        """Be told when the connection is there, and when it is lost."""
        self._changes.append((up, down))

    def trouble(self) -> Code | None:
        """Return a word for why there is no connection, or None."""
        return None if self.is_up else Code("nats_unreachable")

    def say(
        self, subject: str, data: bytes, headers: dict[str, str] | None = None, reply: str = ""
    ) -> None:
        """Publish this at the end of the turn, if there is a connection."""
        if self._client is None or len(self._outgoing) >= MAX_OUTGOING:
            return
        self._outgoing.append((subject, data, reply, headers))
        self._news.set()

    async def ask(
        self,
        subject: str,
        data: bytes,
        headers: dict[str, str] | None = None,
        is_last: Callable[[Heard], bool] = lambda _: True,
    ) -> list[Heard]:
        """Return the answers up to the last one, or raise `TransportError`."""
        token = str(next(self._numbers))
        answers: asyncio.Queue[Heard | None] = asyncio.Queue()
        found: list[Heard] = []
        self._waiting[token] = answers
        self.say(subject, data, headers, f"{_REPLY}.{self.name}.{token}")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                while self._client is not None and (heard := await answers.get()) is not None:
                    if heard.status == NO_LISTENER:
                        raise TransportError("nats_unavailable")
                    found.append(heard)
                    if is_last(heard):
                        return found
        except TimeoutError:
            raise TransportError("nats_timed_out") from None
        finally:
            del self._waiting[token]
        raise TransportError("nats_unreachable")

    async def stay(self) -> None:
        """Connect again when the connection is lost. For ever."""
        while True:
            await self._lost.wait()
            self._down()
            await self.come_back()

    async def write(self) -> None:
        """Write what is said. For ever."""
        while True:
            await self._news.wait()
            self._news.clear()
            if self._client is not None:
                await self._pour(self._client)

    async def connect(self) -> None:
        """Connect to the next server, or raise `TransportError` or `UsageError`."""
        server, *others = self._servers
        self._servers = [*others, server]
        self._lost = lost = asyncio.Event()
        client = Client()
        is_trying = True

        async def closed() -> None:
            lost.set()

        async def failed(error: Exception) -> None:
            if is_trying:
                raise error  # the library would try the same server for two minutes
            record(_log, logging.WARNING, "nats.error", kind=Code(type(error).__name__))

        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await client.connect(
                    server,
                    name=f"agentmesh-relay {self.name}",
                    allow_reconnect=False,
                    ping_interval=PING_SECONDS,
                    max_outstanding_pings=MISSED_PINGS,
                    error_cb=failed,
                    closed_cb=closed,
                )
            is_trying = False
            version = client.connected_server_version
            if (version.major, version.minor) < OLDEST_SERVER:
                raise UsageError(
                    "nats_too_old",
                    "This NATS server is too old.",
                    "Several relays need nats-server 2.11 or newer.",
                )
            for subject, told in self._listeners.items():
                await client.subscribe(subject, cb=_passing(told))
            self._client = client
            await client.flush(CONNECT_SECONDS)
            await self._prepare()
        except (Error, OSError, TimeoutError, ValueError) as error:
            is_trying = False
            await self._leave(client)
            raise TransportError("nats_unreachable") from error
        except BaseException:
            await self._leave(client)
            raise
        self.is_up = True
        for up, _ in self._changes:
            up()

    async def close(self) -> None:
        """Say what is left, and part."""
        client, self._client = self._client, None
        if client is not None:
            await self._pour(client)
            await self._leave(client)

    async def come_back(self) -> None:
        """Try until there is a connection, with growing pauses."""
        for tries in count():
            await asyncio.sleep(pause_after(tries, self._entropy))
            try:
                await self.connect()
            except (TransportError, UsageError) as error:
                record(_log, logging.INFO, "nats.not_back", code=Code(error.code))
                continue
            record(_log, logging.WARNING, "nats.back")
            return

    def _down(self) -> None:
        self.is_up = False
        self._client = None
        self._outgoing.clear()
        record(_log, logging.WARNING, "nats.lost")
        for answers in self._waiting.values():
            answers.put_nowait(None)
        for _, down in self._changes:
            down()

    async def _pour(self, client: Client) -> None:
        while self._outgoing:
            subject, data, reply, headers = self._outgoing.popleft()
            try:
                await client.publish(subject, data, reply, headers)
            except (Error, OSError) as error:
                record(_log, logging.WARNING, "nats.not_said", kind=Code(type(error).__name__))

    async def _leave(self, client: Client) -> None:
        self._client = None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await client.close()
        except (Error, OSError, TimeoutError):
            return  # it is gone already

    def _replied(self, heard: Heard) -> None:
        answers = self._waiting.get(heard.subject.rpartition(".")[2])
        if answers is not None:
            answers.put_nowait(heard)


def pause_after(tries: int, entropy: Entropy) -> float:
    """Return how long to wait before the next try, in seconds."""
    pause = min(FIRST_PAUSE * float(2 ** min(tries, 16)), LONGEST_PAUSE)
    chance = int.from_bytes(entropy(2), "big") / 65536
    return pause * (1 + chance) / 2


def _passing(told: Told) -> Callable[[Msg], Awaitable[None]]:
    async def passed(message: Msg) -> None:
        told(Heard(message.subject, message.data, message.headers or {}))

    return passed


async def _nothing(*_: Any) -> None:
    """Nothing has to be prepared."""
