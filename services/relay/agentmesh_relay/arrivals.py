"""All connections, from the first byte on; those that have proved nothing yet are counted.

Signatures are checked a few at a time between other work, so that a flood of strangers does not
make those wait who are in already.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Sequence

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.relay_frames import Connect, Disconnect, FromAgent
from agentmesh_relay.connection import Connection, State
from agentmesh_relay.door import Door
from agentmesh_relay.figures import Figures
from agentmesh_relay.hub import Hub
from agentmesh_relay.outgoing import Turn

MAX_CONNECTIONS = 20_000
MAX_STRANGERS = 5000
MAX_STRANGERS_PER_ADDRESS = 2000
"""Connections that have not proved who they are. At a bound the new one is refused."""

CHECKS_PER_TURN = 8
BUSY_RETRY_SECONDS = 5


class Arrivals:
    """Owns every `Connection`; hands those that are live to the hub."""

    def __init__(self, door: Door, hub: Hub, figures: Figures, turn: Turn) -> None:
        self._door = door
        self._hub = hub
        self._figures = figures
        self._loop = asyncio.get_running_loop()
        self._turn = turn
        self._connections: set[Connection] = set()
        self._strangers: dict[Connection, str] = {}
        self._per_address: Counter[str] = Counter()
        self._claims: deque[tuple[Connection, Connect]] = deque()
        figures.watch("connections", "Open connections.", lambda: len(self._connections))
        figures.watch("strangers", "Not yet authenticated.", lambda: len(self._strangers))

    def connection(self) -> Connection:
        """Return a connection for a WebSocket that is about to open."""
        return Connection(self, self._turn, self._door.challenge(), self._turn.monotonic())

    def connected(self, connection: Connection) -> None:
        """Greet, if there is room."""
        address = connection.address
        self._connections.add(connection)
        self._strangers[connection] = address
        self._per_address[address] += 1
        if (
            len(self._connections) > MAX_CONNECTIONS
            or len(self._strangers) > MAX_STRANGERS
            or self._per_address[address] > MAX_STRANGERS_PER_ADDRESS
        ):
            connection.part("RATE_LIMITED", "This relay is full.", BUSY_RETRY_SECONDS)
        else:
            connection.say(connection.challenge)

    def received(self, connection: Connection, frames: Sequence[FromAgent]) -> None:
        """Take the answer to the challenge; nothing else is in order before the agent is live."""
        for frame in frames:
            if isinstance(frame, Connect) and connection.state is State.GREETED:
                connection.state = State.CLAIMED
                self._claims.append((connection, frame))
                if len(self._claims) == 1:
                    self._loop.call_soon(self._check)
            elif isinstance(frame, Disconnect):
                connection.cut()
            elif connection.state is not State.PARTED:
                raise RemoteProtocolError("UNAUTHORIZED", "Say who you are first.")

    def disconnected(self, connection: Connection) -> None:
        """Forget it."""
        self._connections.discard(connection)
        self._is_stranger_no_more(connection)
        self._hub.leave(connection)

    def look(self) -> None:
        """Do what time demands of each connection. Called every second."""
        now = self._turn.monotonic()
        for connection in list(self._connections):
            connection.look(now)

    def part_all(self) -> None:
        """Say good-bye to everybody, and hand what they have not kept to the mailbox."""
        for connection in list(self._connections):
            connection.part("SHUTTING_DOWN", "This relay is going down.", BUSY_RETRY_SECONDS)
            self._hub.leave(connection)

    def cut_all(self) -> None:
        """Wait for nobody any longer."""
        for connection in list(self._connections):
            connection.cut()

    def __len__(self) -> int:
        return len(self._connections)

    def _check(self) -> None:
        for _ in range(min(CHECKS_PER_TURN, len(self._claims))):
            connection, claim = self._claims.popleft()
            if connection.state is State.CLAIMED:
                self._admit(connection, claim)
        if self._claims:
            self._loop.call_soon(self._check)

    def _admit(self, connection: Connection, claim: Connect) -> None:
        try:
            amid = self._door.admit(claim, connection.challenge)
        except RemoteProtocolError as error:
            self._figures.turned_away[error.code] += 1
            connection.part(error.code, error.message)  # type: ignore[arg-type] # one of the wire's
            return
        self._is_stranger_no_more(connection)
        self._hub.enter(connection, amid)

    def _is_stranger_no_more(self, connection: Connection) -> None:
        address = self._strangers.pop(connection, None)
        if address is not None:
            self._per_address[address] -= 1
            if not self._per_address[address]:
                del self._per_address[address]
