"""The way to a registry. Every request and every answer has a bound in time and in size."""

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Final, Literal, Protocol

import aiohttp
from yarl import URL

from agentmesh.discovery.answers import failure
from agentmesh.discovery.interface import DirectoryStatus
from agentmesh.discovery.stamping import make_stamp
from agentmesh.errors import RemoteProtocolError, TransportError, UsageError, in_words
from agentmesh.protocol import requests, stamps
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.requests import Request
from agentmesh.protocol.signed import Purpose
from agentmesh.protocol.world import Clock, Entropy

ANSWER_SECONDS = 5.0
_MAX_ANSWER = 4 * 1024 * 1024  # a page of a hundred agents with all their adverts
_IDLE_SECONDS = 5  # less than a registry waits for the next request on a connection
_CONNECTIONS = 8
_WHY_SILENT: Final = (
    (TimeoutError, "it takes too long"),
    (aiohttp.ClientConnectorDNSError, "there is no address for its name"),
    (aiohttp.ClientConnectorCertificateError, "its certificate is not good"),
    (aiohttp.ClientSSLError, "there is no TLS at that address"),
    (aiohttp.ClientConnectorError, "nobody can be reached at that address"),
    ((OSError, aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError), "it hung up"),
)
"""What an owner is told of a failure."""


class Signer(Protocol):
    """Who asks: an identity that signs and never hands out its key."""

    @property
    def amid(self) -> Amid:
        """Its AMID."""

    def sign_bytes(self, payload: bytes, purpose: Purpose) -> bytes:
        """Return its bare signature."""


class RegistryWire:
    """HTTP to one registry: requests signed where they have to be, answers as bytes."""

    def __init__(
        self, url: str, signer: Signer, world: tuple[Clock, Entropy], seconds: float
    ) -> None:
        self._audience = requests.audience_of(url)
        self._signer = signer
        self._seconds = seconds
        self._clock, self._entropy = world
        self._session: aiohttp.ClientSession | None = None
        self.heard: Callable[[float], None] = lambda _: None
        self.reached: Callable[[], None] = lambda: None
        self.status = DirectoryStatus(name="registry", url=self._audience)

    async def open(self) -> None:
        """Make ready. Nothing is sent yet."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=_CONNECTIONS, keepalive_timeout=_IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=self._seconds),
            auto_decompress=False,  # nothing may grow on arrival
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity"},
        )

    async def make_stamp(self, bits: int) -> str:
        """Return a stamp for our next request."""
        return await make_stamp(self._audience, self._signer.amid, bits, self._clock)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        signed: bool = False,
        stamp: str = "",
    ) -> bytes:
        """Return the answer's body, or raise what a refusal or a silence means."""
        request = Request(self._audience, method, target, body)
        headers = {"Content-Type": "application/json"} if body else {}
        if stamp:
            headers[stamps.HEADER] = stamp
        if signed:
            headers["Authorization"] = requests.authorize(
                request,
                self._signer.amid,
                self._signer.sign_bytes,
                self._clock.now(),
                self._entropy,
            )
        try:
            return await self._exchange(request, headers)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            failed = TransportError(
                "registry_unreachable",
                f"The registry {self._audience} does not answer: {_why(error)}.",
                "Is its address right, and is it running? `agentmesh netcheck` looks closer.",
            )
            self._note("down", failed.code)
            raise failed from None
        except TransportError as error:
            self._note("down", error.code)
            raise

    async def _exchange(self, request: Request, headers: dict[str, str]) -> bytes:
        if self._session is None:
            raise UsageError("not_started", "The directory was not entered.")
        # The target is sent as it was signed, not as a library would spell it.
        url = URL(request.audience + request.target, encoded=True)
        async with self._session.request(
            request.method, url, data=request.body or None, headers=headers, allow_redirects=False
        ) as response:
            answer = await _read(response)
            their_time = _time_of(response.headers.get("Date", ""))
            if their_time is not None:
                self.heard(their_time)
            if not 200 <= response.status < 300:
                raise failure(response.status, answer)
            self._note("up", "", their_time)
            return answer

    def _note(
        self, state: Literal["up", "down"], reason: str, their_time: float | None = None
    ) -> None:
        now = self._clock.now()
        before = self.status
        self.status = DirectoryStatus(
            name=before.name,
            url=before.url,
            state=state,
            reason=reason,
            last_answer_at=now if state == "up" else before.last_answer_at,
            clock_offset=before.clock_offset if their_time is None else their_time - now,
        )
        if (before.state, state) == ("down", "up"):
            self.reached()


def _why(error: Exception) -> str:
    return in_words(error, _WHY_SILENT, "what it says is no HTTP")


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > _MAX_ANSWER:
            raise RemoteProtocolError("registry_answer_too_large")
        parts.append(part)
    return b"".join(parts)


def _time_of(date: str) -> float | None:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError, OverflowError):
        return None
