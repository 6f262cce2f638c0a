"""The dashboard as a part of the daemon: nothing listens until the owner asks."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import NamedTuple, Self

from agentmesh.control.calls import Scope
from agentmesh.control.connection import AnswerCall
from agentmesh.daemon.dashboard.board import Board
from agentmesh.daemon.dashboard.pages import Page, pages
from agentmesh.daemon.dashboard.tokens import OFFER_SECONDS, Tokens
from agentmesh.errors import NotRunning
from agentmesh.node.notices import Bulletin, Notice
from agentmesh.protocol.world import Clock

Pages = Callable[[], Mapping[str, Page]]


class Opened(NamedTuple):
    """An address that is good once."""

    url: str
    expires_at: float


class Dashboard:
    """Opens the door when it is asked for, and closes it with the daemon."""

    def __init__(
        self, port: int, bulletin: Bulletin, clock: Clock, tokens: Tokens, pages: Pages = pages
    ) -> None:
        self._wanted = port
        self._bulletin = bulletin
        self._pages = pages
        self._clock = clock
        self._board = Board(bulletin, clock)
        self._tokens = tokens
        self._tokens.when_locked(lambda: bulletin.publish(Notice(kind="dashboard_locked")))
        self._opening = asyncio.Lock()
        self._open = AsyncExitStack()
        self._port = 0
        self._answer: AnswerCall | None = None

    def answer_with(self, answer: AnswerCall) -> None:
        """Let pages make these calls."""
        self._answer = answer

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()

    async def offer(self, scope: Scope, port: int | None = None) -> Opened:
        """Return an address by which one tab comes in."""
        address = await self.address(port)
        until = self._clock.now() + OFFER_SECONDS
        self._bulletin.publish(Notice(kind="dashboard_opened", fields={"scope": scope}))
        return Opened(f"{address}#token={self._tokens.offer(scope)}", until)

    async def address(self, port: int | None = None) -> str:
        """Return where the dashboard is, which it is from now on."""
        async with self._opening:
            if not self._port or port not in (None, 0, self._port):
                await self._begin(self._wanted if port is None else port)
            return f"http://127.0.0.1:{self._port}/"

    async def close(self) -> int:
        """Let nobody in any more; return how many tabs were."""
        async with self._opening:
            count = self._tokens.end_all()
            await self._shut()
            return count

    async def _begin(self, port: int) -> None:
        # Only who opens the dashboard pays for an HTTP server.
        from agentmesh.daemon.dashboard.door import Door  # noqa: PLC0415
        from agentmesh.daemon.dashboard.listener import Bounds, bind, serving  # noqa: PLC0415
        from agentmesh.daemon.dashboard.stream import Streams  # noqa: PLC0415

        if self._answer is None:
            raise NotRunning("not_ready", "The daemon is not ready yet.", "Ask again in a moment.")
        pages = self._pages()
        sockets = bind(port)
        await self._shut()
        streams = Streams(self._board, self._answer, self._tokens.holds, self._clock)
        bound = sockets[0].getsockname()[1]
        door = Door(bound, pages, self._tokens, self._answer, streams)
        await self._open.enter_async_context(serving(door.handle, sockets, Bounds()))
        self._open.push_async_callback(streams.end)
        self._port = bound

    async def _shut(self) -> None:
        self._port = 0
        self._tokens.end_all()
        await self._open.aclose()
