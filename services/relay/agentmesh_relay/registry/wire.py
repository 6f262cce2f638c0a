"""The way to the registry: one signed request at a time, bounded in time and in size."""

import re
from types import TracebackType
from typing import Self

import aiohttp
import msgspec
from yarl import URL

from agentmesh.errors import TransportError
from agentmesh.protocol import requests
from agentmesh.protocol.absences import PATH, Absences
from agentmesh.protocol.requests import Request
from agentmesh.protocol.world import Clock, Entropy
from agentmesh_relay.registry.identity import Identity

ANSWER_SECONDS = 5.0
_IDLE_SECONDS = 5  # less than a registry waits for the next request on a connection
_MAX_ANSWER = 16 * 1024
_CODE = re.compile(r"[a-z][a-z_]{1,40}")


class _Problem(msgspec.Struct, frozen=True):
    code: str = ""


class NotTaken(TransportError):
    """The registry did not take it, or did not answer. `retry_after`: when to come again."""

    def __init__(self, code: str, retry_after: int = 0) -> None:
        super().__init__(code)
        self.retry_after = retry_after


class RegistryWire:
    """HTTP to one registry."""

    def __init__(
        self,
        audience: str,
        identity: Identity,
        world: tuple[Clock, Entropy],
        seconds: float = ANSWER_SECONDS,
    ) -> None:
        self._audience = audience
        self._identity = identity
        self._clock, self._entropy = world
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=1, keepalive_timeout=_IDLE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=seconds),
            auto_decompress=False,  # nothing may grow on arrival
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"Accept-Encoding": "identity", "Content-Type": "application/json"},
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def tell(self, said: Absences) -> None:
        """Return once the registry knows it, or raise `NotTaken`."""
        request = Request(self._audience, "POST", PATH, msgspec.json.encode(said))
        header = requests.authorize(
            request,
            self._identity.amid,
            self._identity.sign_bytes,
            self._clock.now(),
            self._entropy,
        )
        # The target is sent as it was signed, not as a library would spell it.
        url = URL(self._audience + PATH, encoded=True)
        try:
            async with self._session.post(
                url, data=request.body, headers={"Authorization": header}, allow_redirects=False
            ) as response:
                answer = await _beginning(response)
                if not 200 <= response.status < 300:
                    raise NotTaken(_code(answer), _seconds(response.headers.get("Retry-After", "")))
        except (aiohttp.ClientError, TimeoutError, OSError):
            raise NotTaken("registry_unreachable") from None


async def _beginning(response: aiohttp.ClientResponse) -> bytes:
    data = b""
    async for part in response.content.iter_any():
        data += part
        if len(data) > _MAX_ANSWER:
            raise NotTaken("registry_answer_too_large")
    return data


def _code(answer: bytes) -> str:
    """Return the code of a problem document, as far as it is one."""
    try:
        code = msgspec.json.decode(answer, type=_Problem).code
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        code = ""
    return code if _CODE.fullmatch(code) else "registry_refused"


def _seconds(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0
