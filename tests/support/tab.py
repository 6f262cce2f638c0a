"""A browser's tab on a dashboard, and whoever else dials its port with bytes of their own."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp

SECONDS = 20.0


def _has_v6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


LOOPBACK = [("127.0.0.1", socket.AF_INET), *([("::1", socket.AF_INET6)] if _has_v6() else [])]
"""The loopback addresses of this machine."""


class Heard(NamedTuple):
    """One answer, taken apart."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def code(self) -> str:
        """The code of the error that it tells."""
        code: str = self.json["error"]["code"]
        return code


async def exchange(port: int, said: bytes, host: str = "127.0.0.1") -> bytes:
    """Say bytes, and return all that came until the other side hung up."""
    async with asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(said)
            return await reader.read()
        except ConnectionResetError:
            return b""
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def heard(answer: bytes) -> Heard:
    """Take the first answer apart."""
    head, _, rest = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    size = int(headers.get("content-length", len(rest)))
    return Heard(int(first.split()[1]), headers, rest[:size])


def request(
    port: int,
    method: str = "GET",
    target: str = "/",
    body: bytes = b"",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """Return a request as our page makes it; `headers` go in the place of its own, empty: none."""
    fields = {"Host": f"127.0.0.1:{port}", "Connection": "close"}
    if method == "POST":
        fields |= {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "Origin": f"http://127.0.0.1:{port}",
            "Sec-Fetch-Site": "same-origin",
        }
    fields |= headers or {}
    lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value)
    return f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1") + body


class Tab:
    """One tab of the dashboard at `url`, as `agentmesh dashboard` prints it."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self.port = parts.port or 0
        self.origin = f"http://127.0.0.1:{self.port}"
        self.token = parts.fragment.removeprefix("token=")
        self.bearer = ""

    async def raw(self, method: str = "GET", target: str = "/", **more: Any) -> Heard:
        """Ask as our page does, but for `headers` and `body`."""
        return heard(await exchange(self.port, request(self.port, method, target, **more)))

    async def post(self, target: str, value: object = None, **headers: str) -> Heard:
        """Post a value with the bearer; headers in underscores go in the place of ours."""
        named = {name.replace("_", "-").title(): it for name, it in headers.items()}
        if self.bearer:
            named = {"Authorization": f"Bearer {self.bearer}", **named}
        body = json.dumps({} if value is None else value).encode()
        return await self.raw("POST", target, body=body, headers=named)

    async def come_in(self) -> Any:
        """Swap the token for a bearer."""
        said = await self.post("/api/bootstrap", {"token": self.token})
        assert said.status == 200, said
        self.bearer = said.json["bearer"]
        return said.json

    async def call(self, name: str, **params: object) -> Heard:
        """Make a call."""
        return await self.post(f"/api/call/{name}", params)

    async def ticket(self) -> str:
        """Return a ticket for a live stream."""
        ticket: str = (await self.post("/api/ticket")).json["ticket"]
        return ticket

    @asynccontextmanager
    async def live(self) -> AsyncIterator["Live"]:
        """Open a live stream."""
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(
                f"{self.origin}/api/live?ticket={await self.ticket()}",
                headers={"Origin": self.origin},
            ) as stream,
        ):
            yield Live(stream)


class Live:
    """What a live stream tells."""

    def __init__(self, stream: aiohttp.ClientWebSocketResponse) -> None:
        self.stream = stream

    async def next(self) -> dict[str, Any]:
        """Return the next message."""
        async with asyncio.timeout(SECONDS):
            told: dict[str, Any] = await self.stream.receive_json()
            return told

    async def change(self) -> dict[str, Any]:
        """Return the next change."""
        while "change" not in (told := await self.next()):
            pass
        change: dict[str, Any] = told["change"]
        return change

    async def end(self) -> int | None:
        """Return the code with which it ends."""
        async with asyncio.timeout(SECONDS):
            async for _ in self.stream:
                pass
        return self.stream.close_code


async def tab_in(caller: Any, scope: str = "control") -> Tab:
    """Return a tab that is in, at a caller's daemon."""
    tab = Tab((await caller.ask("dashboard.open", scope=scope))["url"])
    await tab.come_in()
    return tab
