"""The connection to NATS, made again whenever it is lost.

Calls that only say something return at once, and say nothing while there is no connection: whoever
needs an answer waits for it, and no wait is without a bound.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from itertools import count
from typing import Any

from nats.errors import Error

from agentmesh.errors import TransportError, UsageError
from agentmesh.observability.logs import Code, record
from agentmesh.observability.tasks import end_if_told
from agentmesh.protocol.world import Entropy
from agentmesh_relay.cluster.line import Heard, Line, Said, Told

CONNECT_SECONDS = 3
PING_SECONDS = 5
MISSED_PINGS = 2
"""A silent server is given up after `PING_SECONDS` times one more than these."""

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 2.0
"""Before trying to connect again: doubled each time, and half of it by chance."""

MAX_OUTGOING = 100_000
"""What may wait to be written. Beyond it the new one is dropped, as on a lost connection."""

POURED = 256
"""So many messages are written at once."""

ANSWER_SECONDS = 5
NO_LISTENER = "503"
"""The status that says: nobody listens there."""

OLDEST_SERVER = (2, 11)
_REPLY = "agentmesh.reply"

_log = logging.getLogger(__name__)


Change = Callable[[], None]


class Link:
    """See above. `name` is this node's, new at every start."""

    def __init__(self, servers: Sequence[str], entropy: Entropy) -> None:
        self.name = entropy(8).hex()
        self.is_up = False
        self._servers = servers
        self._entropy = entropy
        self._line: Line | None = None
        self._listeners: dict[str, Told] = {f"{_REPLY}.{self.name}.*": self._replied}
        self._prepare: Callable[[], Awaitable[None]] = _nothing
        self._changes: list[tuple[Change, Change]] = []
        self._lost = asyncio.Event()
        self._outgoing: deque[Said] = deque()
        self._is_full = asyncio.Event()
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
        if self._line is None or len(self._outgoing) >= MAX_OUTGOING:
            return
        if len(data) > self._line.max_payload or subject.split() != [subject]:
            record(_log, logging.WARNING, "nats.not_said", bytes=len(data))
            return  # the server would end the connection, or take words of others for commands
        if not self._outgoing:
            asyncio.get_running_loop().call_soon(self.pour)
        self._outgoing.append(Said(subject, data, reply, headers))

    def pour(self) -> None:
        """Write now what was said, as far as the server takes it."""
        line = self._line
        if line is None or not self._outgoing:
            return
        while self._outgoing and line.may_write:
            some = [self._outgoing.popleft() for _ in range(min(len(self._outgoing), POURED))]
            line.write(b"".join([said.encoded() for said in some]))
        if not line.may_write:
            self._is_full.set()

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
                while self._line is not None and (heard := await answers.get()) is not None:
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

    async def wait_for_room(self) -> None:
        """Pour on whenever the server was slower than we are. For ever."""
        while True:
            await self._is_full.wait()
            self._is_full.clear()
            if self._line is not None:
                await self._line.drain_written()
                self.pour()

    async def connect(self) -> None:
        """Connect to the next server, or raise `TransportError` or `UsageError`."""
        server, *others = self._servers
        self._servers = [*others, server]
        self._lost = lost = asyncio.Event()
        line = Line()
        is_trying = True

        async def closed() -> None:
            lost.set()

        async def failed(error: Exception) -> None:
            if is_trying:
                raise error  # the library would try the same server for two minutes
            record(_log, logging.WARNING, "nats.error", kind=Code(type(error).__name__))

        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await line.connect(
                    server,
                    name=f"agentmesh-relay {self.name}",
                    allow_reconnect=False,
                    ping_interval=PING_SECONDS,
                    max_outstanding_pings=MISSED_PINGS,
                    error_cb=failed,
                    closed_cb=closed,
                )
            is_trying = False
            version = line.connected_server_version
            if (version.major, version.minor) < OLDEST_SERVER:
                raise UsageError(
                    "nats_too_old",
                    "This NATS server is too old.",
                    "Several relays need nats-server 2.11 or newer.",
                )
            for subject, told in self._listeners.items():
                await line.hear(subject, told)
            self._line = line
            await line.flush(CONNECT_SECONDS)
            await self._prepare()
        except (Error, OSError, TimeoutError, ValueError) as error:
            is_trying = False
            await self._leave(line)
            raise TransportError("nats_unreachable") from error
        except BaseException:
            await self._leave(line)
            raise
        self.is_up = True
        for up, _ in self._changes:
            up()

    async def close(self) -> None:
        """Say what is left, and part."""
        self.pour()
        line, self._line = self._line, None
        if line is not None:
            await self._leave(line)

    async def come_back(self) -> None:
        """Try until there is a connection, with growing pauses."""
        for tries in count():
            await asyncio.sleep(pause_after(tries, self._entropy))
            try:
                await self.connect()
            except (TransportError, UsageError) as error:
                record(_log, logging.INFO, "nats.not_back", code=Code(error.code))
                end_if_told()
                continue
            record(_log, logging.WARNING, "nats.back")
            return

    def _down(self) -> None:
        self.is_up = False
        self._line = None
        self._outgoing.clear()
        record(_log, logging.WARNING, "nats.lost")
        for answers in self._waiting.values():
            answers.put_nowait(None)
        for _, down in self._changes:
            down()

    async def _leave(self, line: Line) -> None:
        self._line = None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await line.close()
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


async def _nothing(*_: Any) -> None:
    """Nothing has to be prepared."""
