"""The other end of the control socket, for programs with an event loop: many calls at once."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from agentmesh.control import answers, calls, places, rpc
from agentmesh.control.client import (
    ANSWER_SECONDS,
    answer_type,
    dial,
    gone,
    seconds_waited,
    too_late,
)
from agentmesh.control.lines import Arriving, Leaving, LineTooLong
from agentmesh.control.table import NAMES
from agentmesh.errors import AgentMeshError

A = TypeVar("A", bound=answers.Answer)

READ_BYTES = 64 * 1024
MAX_EVENTS = 1000
"""Events not yet taken; a subscriber so far behind is told that the daemon is gone."""


class AsyncClient:
    """A connection to the daemon of one home, open while the context lasts."""

    def __init__(
        self,
        home: Path,
        permit: calls.Permit = "owner",
        environment: Mapping[str, str] | None = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._path = places.socket_in(home)
        self._permit = permit
        self._environment = environment if environment is not None else os.environ
        self._answer_seconds = answer_seconds
        self._waiting: dict[int, asyncio.Future[msgspec.Raw]] = {}
        self._events: asyncio.Queue[answers.Event | None] = asyncio.Queue(MAX_EVENTS + 1)
        self._number = 0
        self._over: AgentMeshError | None = None

    async def __aenter__(self) -> Self:
        dialled = dial(self._path, self._environment)
        dialled.settimeout(0)
        reader, self._writer = await asyncio.open_unix_connection(sock=dialled, limit=READ_BYTES)
        self._leaving = Leaving(self._writer)
        self._group = asyncio.TaskGroup()
        await self._group.__aenter__()
        self._listening = self._group.create_task(self._listen(reader))
        try:
            if self._permit != "owner":
                await self.call(calls.Hello(permit=self._permit))
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listening.cancel()
        if self._over is None:
            self._end(gone())  # who still asks is told so at once
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()
        await self._group.__aexit__(None, None, None)

    async def call(self, request: calls.Request[A]) -> A:
        """Ask and return the answer, or raise what the daemon says is wrong."""
        if self._over is not None:
            raise self._over
        self._number += 1
        number = self._number
        loop = asyncio.get_running_loop()
        answer = loop.create_future()
        self._waiting[number] = answer
        seconds = self._answer_seconds + seconds_waited(request)
        late = loop.call_later(seconds, _give_up, answer)
        try:
            self._leaving.write(rpc.call_line(number, NAMES[type(request)], request))
            await self._leaving.has_room(seconds)
            return rpc.read_answer(await answer, answer_type(request))
        except TimeoutError:
            raise too_late() from None
        except OSError as error:
            raise gone() from error
        finally:
            late.cancel()
            del self._waiting[number]

    async def events(self, *kinds: str) -> AsyncIterator[answers.Event]:
        """Yield what happens, of these kinds or all; one iteration a connection."""
        await self.call(calls.EventsSubscribe(kinds=list(kinds)))
        while (event := await self._events.get()) is not None:
            yield event
        raise self._over or gone()

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        arriving = Arriving(calls.MAX_ANSWER_LINE)
        try:
            while piece := await reader.read(READ_BYTES):
                for line in arriving.take(piece):
                    self._take(rpc.read_line(line))
            self._end(gone())
        except AgentMeshError as error:
            self._end(error)
        except (OSError, LineTooLong, asyncio.QueueFull):
            self._end(gone())

    def _take(self, line: rpc.Line) -> None:
        if isinstance(line.params, msgspec.Raw) and line.method == "event":
            if self._events.qsize() >= MAX_EVENTS:
                raise asyncio.QueueFull
            self._events.put_nowait(rpc.read_answer(line.params, answers.Event))
            return
        if line.id is None:
            rpc.result_of(line)  # a failure under no id: it raises, and ends the connection
        answer = self._waiting.get(line.id) if isinstance(line.id, int) else None
        if answer is None or answer.done():
            return
        try:
            answer.set_result(rpc.result_of(line))
        except AgentMeshError as error:
            answer.set_exception(error)

    def _end(self, error: AgentMeshError) -> None:
        self._over = error
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(error)
        self._events.put_nowait(None)


def _give_up(answer: asyncio.Future[msgspec.Raw]) -> None:
    if not answer.done():
        answer.set_exception(too_late())
