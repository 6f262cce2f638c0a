"""One program on the control socket: its permit, its requests in flight, its answers."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable

import msgspec

from agentmesh import __version__
from agentmesh.control import calls, failures, rpc
from agentmesh.control.answers import Answer, Event, Subscribed, Welcome
from agentmesh.control.door import decode
from agentmesh.errors import AgentMeshError, NotPermitted, TransportError
from agentmesh.observability.logs import record_bug

MAX_IN_FLIGHT = 256
"""Requests of one connection at work; more are not read until one is answered."""
WRITE_SECONDS = 30
"""Who does not take its answers for so long is cut off."""
LINGER_SECONDS = 5
"""Who hung up, perhaps only its sending half, gets what is answered within this time."""

Answered = Answer | AsyncGenerator[Event, None]
AnswerCall = Callable[[str, msgspec.Raw, calls.Permit], Awaitable[Answered]]
"""`answer(name, params, permit)`: an answer, a subscription's events, or an AgentMeshError."""

_log = logging.getLogger(__name__)


class Connection:
    """Reads requests, and answers each as soon as its answer is there."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, answer: AnswerCall
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._answer = answer
        self._permit: calls.Permit = "owner"
        self._slots = asyncio.Semaphore(MAX_IN_FLIGHT)
        self._at_work = 0
        self.heard_at = asyncio.get_running_loop().time()
        self._ready: list[bytes] = []

    async def run(self) -> None:
        """Serve until the other side hangs up."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(None) as bound, asyncio.TaskGroup() as at_work:
                await self._read(at_work)
                bound.reschedule(loop.time() + LINGER_SECONDS)
        except* (OSError, TimeoutError):
            pass  # nobody is there any more who could be told
        finally:
            self.cut()

    @property
    def is_idle(self) -> bool:
        """Whether the other side waits for nothing from us."""
        return not self._at_work and not self._writer.is_closing()

    def turn_away(self) -> None:
        """Say that there are too many, and hang up."""
        crowded = TransportError("too_many_connections", "Too many programs use the daemon.")
        self._write(rpc.failure_line(None, failures.failure(crowded)))
        self.cut()

    def cut(self) -> None:
        """Hang up; what is written still goes out."""
        self._flush()
        self._writer.close()

    async def _read(self, at_work: asyncio.TaskGroup) -> None:
        while True:
            await self._slots.acquire()
            try:
                line = await self._reader.readuntil(b"\n")
            except asyncio.IncompleteReadError:
                return
            except asyncio.LimitOverrunError:
                told = rpc.NotACall(failures.INVALID_REQUEST, "The line is too long.")
                self._write(rpc.failure_line(None, told.failure))
                return
            self._take(line, at_work)

    def _take(self, line: bytes, at_work: asyncio.TaskGroup) -> None:
        self.heard_at = asyncio.get_running_loop().time()
        try:
            call = rpc.read_call(line)
        except rpc.NotACall as error:
            self._write(rpc.failure_line(None, error.failure))
        else:
            if call.method != "hello":
                self._at_work += 1
                at_work.create_task(self._work(call, self._permit))
                return
            self._greet(call)
        self._slots.release()

    def _greet(self, call: rpc.Call) -> None:
        """Change the permit at once: the requests behind this one are under the new one."""
        try:
            wanted = decode("hello", call.params, self._permit)
            if isinstance(wanted, calls.Hello):
                if wanted.permit == "owner" and self._permit != "owner":
                    raise NotPermitted("permit_taken", "A permit cannot be widened.")
                self._permit = wanted.permit
            self._write(rpc.answer_line(call.id, Welcome(permit=self._permit, version=__version__)))
        except AgentMeshError as error:
            self._write(rpc.error_line(call.id, error))

    async def _work(self, call: rpc.Call, permit: calls.Permit) -> None:
        try:
            outcome = await self._outcome(call, permit)
            if isinstance(outcome, bytes):
                self._write(outcome)
                await self._drained()
            else:
                await self._stream(call, outcome)
        finally:
            self._at_work -= 1
            self._slots.release()

    async def _outcome(
        self, call: rpc.Call, permit: calls.Permit
    ) -> bytes | AsyncGenerator[Event, None]:
        try:
            answered = await self._answer(call.method, call.params, permit)
            return rpc.answer_line(call.id, answered) if isinstance(answered, Answer) else answered
        except AgentMeshError as error:
            return rpc.error_line(call.id, error)
        except Exception as error:  # noqa: BLE001 - a bug in one call must not end the daemon
            record_bug(_log, "control.bug", error)
            return rpc.error_line(call.id, failures.internal_error())

    async def _stream(self, call: rpc.Call, events: AsyncGenerator[Event, None]) -> None:
        self._write(rpc.answer_line(call.id, Subscribed()))
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    self._write(rpc.event_line(event))
                    await self._drained()
        except (OSError, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 - a bug in one call must not end the daemon
            if not isinstance(error, AgentMeshError):
                record_bug(_log, "control.bug", error)
            # A subscriber must not believe that nothing happens: it is hung up on.
            raise ConnectionAbortedError from None

    def _write(self, line: bytes) -> None:
        """Write at the end of this turn of the loop, together with what else is ready then."""
        if not self._ready:
            asyncio.get_running_loop().call_soon(self._flush)
        self._ready.append(line)

    def _flush(self) -> None:
        lines, self._ready = self._ready, []
        if lines and not self._writer.is_closing():
            self._writer.write(b"".join(lines))

    async def _drained(self) -> None:
        """Wait until the other side takes what it was given."""
        await asyncio.sleep(0)  # let the turn's writes go out first
        async with asyncio.timeout(WRITE_SECONDS):
            await self._writer.drain()
