"""The least that a WebSocket relay in Python can do: `python -m benchmarks.peers.router PORT`.

A frame begins with 28 letters: a client's first one with its own name, all others with the name of
whom they are for. No identity is checked, nothing is parsed, counted, answered or kept; what was
said in a turn of the loop leaves in one write. It is the ceiling for what checks, parses and keeps.
"""

import asyncio
import sys

import uvloop
from picows import WSFrame, WSListener, WSTransport, WSUpgradeRequest, ws_create_server

from benchmarks.load.websocket import plain

NAME_LETTERS = 28


class Client(WSListener):
    """Somebody who is connected."""

    def __init__(self, router: "Router") -> None:
        self._router = router
        self._name: bytes | None = None
        self.said: list[bytes] = []
        self.wire: asyncio.WriteTransport

    def on_ws_connected(self, transport: WSTransport) -> None:
        """See picows."""
        self.wire = transport.underlying_transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - picows'
        """See picows."""
        data = frame.get_payload_as_bytes()
        if self._name is None:
            self._name = data[:NAME_LETTERS]
            self._router.clients[self._name] = self
            self._router.say(self, data)
        else:
            self._router.say(self._router.clients[data[:NAME_LETTERS]], data)


class Router:
    """Who is there, and who was spoken to in this turn."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self.clients: dict[bytes, Client] = {}
        self._spoken_to: list[Client] = []

    def client(self, _request: WSUpgradeRequest) -> Client:
        """Let somebody in."""
        return Client(self)

    def say(self, client: Client, data: bytes) -> None:
        """Write it at the end of this turn."""
        if not client.said:
            if not self._spoken_to:
                self._loop.call_soon(self._flush)
            self._spoken_to.append(client)
        client.said.append(plain(data))

    def _flush(self) -> None:
        clients, self._spoken_to = self._spoken_to, []
        for client in clients:
            client.wire.write(b"".join(client.said))
            client.said.clear()


async def route(port: int) -> None:
    """Route for ever."""
    router = Router(asyncio.get_running_loop())
    server = await ws_create_server(
        router.client, "127.0.0.1", port, use_aiofastnet=False, read_buffer_init_size=1024
    )
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(route(int(sys.argv[1])))
