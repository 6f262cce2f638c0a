"""Live streams: a snapshot, then numbered changes, and a beat where nothing changes.

A stream is pulled: it looks, sends, and looks again once that was taken. Who reads slowly gets
fewer and larger changes, and who does not read is cut.
"""

import asyncio
import contextlib
from collections.abc import Callable

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from agentmesh.daemon.dashboard.board import Ask, Board, News, Place
from agentmesh.daemon.dashboard.replies import SAFE
from agentmesh.daemon.dashboard.tokens import Bearer
from agentmesh.errors import TransportError
from agentmesh.protocol.times import to_text
from agentmesh.protocol.world import Clock

BEAT_SECONDS = 2.0
SEND_SECONDS = 5.0
END_SECONDS = 1.0
MAX_STREAMS = 8
MAX_HEARD = 1024
NOT_IN = 4401

Held = Callable[[Bearer], bool]
_encode = msgspec.json.Encoder().encode


class Streams:
    """The streams that are open."""

    def __init__(self, board: Board, ask: Ask, is_held: Held, clock: Clock) -> None:
        self._board = board
        self._ask = ask
        self._is_held = is_held
        self._clock = clock
        self._open = 0
        self._is_over = False
        self._idle = asyncio.Event()
        self._idle.set()

    def wake(self) -> None:
        """Let every stream look whether it may go on."""
        self._board.wake()

    async def end(self) -> None:
        """End all streams, as far as their pages hear of it soon."""
        self._is_over = True
        self.wake()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(END_SECONDS):
                await self._idle.wait()

    async def serve(self, request: web.BaseRequest, bearer: Bearer) -> web.WebSocketResponse:
        """Serve one stream to its end."""
        if self._open >= MAX_STREAMS:
            raise TransportError("busy", "Too many pages are open.", "Close one of them.")
        page = web.WebSocketResponse(
            compress=False, max_msg_size=MAX_HEARD, timeout=1.0, receive_timeout=None
        )
        page.headers.update(SAFE)
        self._open += 1
        self._idle.clear()
        try:
            await page.prepare(request)
            await self._both(page, bearer)
        except* (OSError, TimeoutError):
            if request.transport is not None:
                request.transport.abort()
        finally:
            self._open -= 1
            if not self._open:
                self._idle.set()
        return page

    async def _both(self, page: web.WebSocketResponse, bearer: Bearer) -> None:
        with self._board.watched() as news:
            async with asyncio.TaskGroup() as both:
                hearing = both.create_task(_hear(page, news))
                try:
                    code = await self._tell(page, bearer, news)
                finally:
                    hearing.cancel()
            async with asyncio.timeout(SEND_SECONDS):
                await page.close(code=code)

    async def _tell(self, page: web.WebSocketResponse, bearer: Bearer, news: asyncio.Event) -> int:
        """Tell what is new until the stream has to end; return why."""
        number, place = 0, Place()
        while True:
            news.clear()
            found, following = await self._board.news(self._ask, place)
            if code := self._over(page, bearer):
                return code
            is_change = bool(place.look and (found.parts or found.events))
            number += is_change
            said = {"seq": number, "at": to_text(self._clock.now()), **_what(found, place)}
            await _send(page, _encode(said).decode())
            place = following
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await news.wait()
            if code := self._over(page, bearer):
                return code

    def _over(self, page: web.WebSocketResponse, bearer: Bearer) -> int:
        """Return the code with which the stream ends now; 0 if it goes on."""
        if not self._is_held(bearer):
            return NOT_IN
        return WSCloseCode.GOING_AWAY if self._is_over or page.closed else 0


def _what(found: News, place: Place) -> dict[str, object]:
    if not place.look:
        return {"snapshot": found.parts}
    if not found.parts and not found.events:
        return {"beat": True}
    return {"change": found._asdict()}


async def _send(page: web.WebSocketResponse, text: str) -> None:
    """Send, or raise that nobody takes it."""
    try:
        async with asyncio.timeout(SEND_SECONDS):
            await page.send_str(text)
    except TimeoutError:
        raise ConnectionAbortedError from None


async def _hear(page: web.WebSocketResponse, news: asyncio.Event) -> None:
    """Wait until the page has gone; one that speaks is sent away."""
    message = await page.receive()
    if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
        await page.close(code=WSCloseCode.POLICY_VIOLATION)
    news.set()
