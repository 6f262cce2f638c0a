"""One program on the control socket: its permit, its requests in flight, its answers."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable

import msgspec

from agentmesh import __version__
from agentmesh.control import calls, failures, rpc
from agentmesh.control.alike import AlikeSend, joined, send_in
from agentmesh.control.answers import Answer, Event, SentAll, Subscribed, Welcome
from agentmesh.control.door import decode
from agentmesh.control.lines import Arriving, Leaving, LineTooLong
from agentmesh.errors import AgentMeshError, NotPermitted, TransportError, UsageError
from agentmesh.observability.logs import record_bug

MAX_IN_FLIGHT = 256
"""Requests of one connection at work; more are not read until one is answered."""
WRITE_SECONDS = 30
"""Who does not take its answers for so long is cut off."""
READ_BYTES = 64 * 1024
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
        self._at_work = 0
        self._sends: list[AlikeSend] = []
        self._is_answered = asyncio.Event()
        self.heard_at = asyncio.get_running_loop().time()
        self._leaving = Leaving(writer)

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
        self._leaving.write(rpc.failure_line(None, failures.failure(crowded)))
        self.cut()

    def cut(self) -> None:
        """Hang up; what is written still goes out."""
        self._leaving.flush()
        self._writer.close()

    async def _read(self, at_work: asyncio.TaskGroup) -> None:
        arriving = Arriving(calls.MAX_LINE)
        while piece := await self._reader.read(READ_BYTES):
            try:
                lines = arriving.take(piece)
            except LineTooLong:
                told = rpc.NotACall(failures.INVALID_REQUEST, "The line is too long.")
                self._leaving.write(rpc.failure_line(None, told.failure))
                return
            self.heard_at = asyncio.get_running_loop().time()
            for line in lines:
                while self._at_work >= MAX_IN_FLIGHT:
                    self._begin_sends(at_work)
                    self._is_answered.clear()
                    await self._is_answered.wait()
                self._take(line, at_work, is_alone=len(lines) == 1)
            self._begin_sends(at_work)
            await self._leaving.has_room(WRITE_SECONDS)

    def _take(self, line: bytes, at_work: asyncio.TaskGroup, *, is_alone: bool) -> None:
        """Begin what a line asks, or keep it for its neighbours: one alone is not read twice."""
        try:
            call = rpc.read_call(line)
        except rpc.NotACall as error:
            self._leaving.write(rpc.failure_line(None, error.failure))
            return
        send = None if is_alone else send_in(call, self._permit)
        if send is None or (self._sends and not send.is_like(self._sends[0])):
            self._begin_sends(at_work)
        if call.method == "hello":
            self._greet(call)
            return
        self._at_work += 1
        if send is None:
            at_work.create_task(self._work(call, self._permit))
        else:
            self._sends.append(send)

    def _begin_sends(self, at_work: asyncio.TaskGroup) -> None:
        """Answer the sends that were found to be alike."""
        sends, self._sends = self._sends, []
        if len(sends) == 1:
            at_work.create_task(self._work(sends[0].call, self._permit))
        elif sends:
            at_work.create_task(self._work_together(sends, at_work))

    def _greet(self, call: rpc.Call) -> None:
        """Change the permit at once: the requests behind this one are under the new one."""
        try:
            wanted = decode("hello", call.params, self._permit)
            if isinstance(wanted, calls.Hello):
                if wanted.permit == "owner" and self._permit != "owner":
                    raise NotPermitted("permit_taken", "A permit cannot be widened.")
                self._permit = wanted.permit
            self._leaving.write(
                rpc.answer_line(call.id, Welcome(permit=self._permit, version=__version__))
            )
        except AgentMeshError as error:
            self._leaving.write(rpc.error_line(call.id, error))

    async def _work_together(self, sends: list[AlikeSend], at_work: asyncio.TaskGroup) -> None:
        """Answer sends as one; where one of them is wrong, or not all have room, each for itself.

        Nothing of them is kept then. What else fails, fails for all of them, as one commit does.
        """
        try:
            kept = await self._answer("send.all", joined(sends), "owner")
            told = kept.messages if isinstance(kept, SentAll) else []
            lines = [rpc.answer_line(it.call.id, a) for it, a in zip(sends, told, strict=True)]
        except (UsageError, TransportError):
            for send in sends:
                at_work.create_task(self._work(send.call, "owner"))
            return
        except Exception as error:  # noqa: BLE001 - a bug in one call must not end the daemon
            lines = [_error_line(send.call.id, error) for send in sends]
        try:
            for line in lines:
                self._leaving.write(line)
            await self._leaving.has_room(WRITE_SECONDS)
        finally:
            self._at_work -= len(sends)
            self._is_answered.set()

    async def _work(self, call: rpc.Call, permit: calls.Permit) -> None:
        try:
            outcome = await self._outcome(call, permit)
            if isinstance(outcome, bytes):
                self._leaving.write(outcome)
                await self._leaving.has_room(WRITE_SECONDS)
            else:
                await self._stream(call, outcome)
        finally:
            self._at_work -= 1
            self._is_answered.set()

    async def _outcome(
        self, call: rpc.Call, permit: calls.Permit
    ) -> bytes | AsyncGenerator[Event, None]:
        try:
            answered = await self._answer(call.method, call.params, permit)
            return rpc.answer_line(call.id, answered) if isinstance(answered, Answer) else answered
        except Exception as error:  # noqa: BLE001 - a bug in one call must not end the daemon
            return _error_line(call.id, error)

    async def _stream(self, call: rpc.Call, events: AsyncGenerator[Event, None]) -> None:
        self._leaving.write(rpc.answer_line(call.id, Subscribed()))
        try:
            async with contextlib.aclosing(events):
                async for event in events:
                    self._leaving.write(rpc.event_line(event))
                    await self._leaving.has_room(WRITE_SECONDS)
        except (OSError, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001 - a bug in one call must not end the daemon
            if not isinstance(error, AgentMeshError):
                record_bug(_log, "control.bug", error)
            # A subscriber must not believe that nothing happens: it is hung up on.
            raise ConnectionAbortedError from None


def _error_line(request_id: rpc.RequestId, error: Exception) -> bytes:
    """Return the line that tells of an error; what is none of ours is a bug."""
    if isinstance(error, AgentMeshError):
        return rpc.error_line(request_id, error)
    record_bug(_log, "control.bug", error)
    return rpc.error_line(request_id, failures.internal_error())
