"""All connections, from the first byte on, and what time demands of each."""

from collections.abc import Sequence
from functools import partial

from picows import WSUpgradeRequest

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.relay_frames import Connect, Disconnect, FromAgent
from agentmesh_relay.connection import Arrival, Connection, State
from agentmesh_relay.crowd import Crowd
from agentmesh_relay.figures import Figures
from agentmesh_relay.hub import Hub
from agentmesh_relay.judge import Case, Judge, Verdict
from agentmesh_relay.outgoing import Turn
from agentmesh_relay.rounds import Round, pause_between

BUSY_RETRY_SECONDS = 5
PARTED_A_SECOND = 500
"""How many agents a relay that starts again wants back in a second."""

MOST_PARTED_SECONDS = 30

UNREAD_BYTES_IN_ALL = 512 * 1024 * 1024
"""What may wait for all readers together. Beyond it those are cut for whom most waits."""


class Arrivals:
    """Owns every `Connection`; hands those that are live to the hub."""

    def __init__(self, judge: Judge, hub: Hub, figures: Figures, turn: Turn, crowd: Crowd) -> None:
        self._judge = judge
        self._hub = hub
        self._figures = figures
        self._turn = turn
        self._crowd = crowd
        self._clients: dict[Connection, str] = {}
        self._strangers: set[Connection] = set()
        self._looked_at = turn.monotonic()
        self._round: Round[Connection] = Round()
        self._unread = 0
        figures.watch("connections", "Open connections.", lambda: len(self._clients))
        figures.watch("strangers", "Not yet authenticated.", lambda: len(self._strangers))

    def connection(self, began_at: float, request: WSUpgradeRequest) -> Connection:
        """Return a connection for a WebSocket that is about to open, on a socket of that age."""
        forwarded = tuple(request.headers.getall("X-Forwarded-For", ()))
        return Connection(self, self._turn, self._judge.challenge(), Arrival(began_at, forwarded))

    def connected(self, connection: Connection) -> None:
        """Greet, if there is room."""
        client = self._crowd.client(connection.address, connection.forwarded)
        self._clients[connection] = client
        self._strangers.add(connection)
        if self._crowd.enter(client):
            connection.say(connection.challenge)
        else:
            self._figures.turned_away["RATE_LIMITED"] += 1
            connection.part("RATE_LIMITED", "This relay is full.", BUSY_RETRY_SECONDS)

    def received(self, connection: Connection, frames: Sequence[FromAgent]) -> None:
        """Take the answer to the challenge; nothing else is in order before the agent is live."""
        for frame in frames:
            if isinstance(frame, Connect) and connection.state is State.GREETED:
                connection.state = State.CLAIMED
                is_asked = partial(_is_claimed, connection)
                told = partial(self._judged, connection)
                self._judge.ask(Case(frame, connection.challenge, is_asked, told))
            elif isinstance(frame, Disconnect):
                connection.cut()
            elif connection.state is not State.PARTED:
                raise RemoteProtocolError("UNAUTHORIZED", "Say who you are first.")

    def disconnected(self, connection: Connection) -> None:
        """Forget it."""
        client = self._clients.pop(connection, None)
        if client is not None:
            is_stranger = connection in self._strangers
            self._strangers.discard(connection)
            self._crowd.leave(client, is_stranger=is_stranger)
        self._hub.leave(connection)

    def look(self, pause: float) -> None:
        """Do what time demands of some connections, so long after the last ones if in time."""
        now = self._turn.monotonic()
        passed = now - self._looked_at
        self._figures.late_seconds = max(passed - pause, 0.0)
        self._looked_at = now
        if self._round.is_over:
            self._begin_round()
            # A crowd that came while there were few is not looked at all at once.
            passed = min(passed, pause_between(len(self._clients)))
        for connection in self._round.next(passed):
            connection.look(now)
            self._unread += connection.unread

    def part_all(self) -> None:
        """Say good-bye to everybody, and hand what they have not kept to the mailbox.

        They are asked back bit by bit: a relay that starts again finds no crowd at its door.
        """
        most = min(1 + len(self._clients) // PARTED_A_SECOND, MOST_PARTED_SECONDS)
        for number, connection in enumerate(list(self._clients)):
            connection.part("SHUTTING_DOWN", "This relay is going down.", 1 + number % most)
            self._hub.leave(connection)

    def cut_all(self) -> None:
        """Wait for nobody any longer."""
        for connection in list(self._clients):
            connection.cut()

    def __len__(self) -> int:
        return len(self._clients)

    def _judged(self, connection: Connection, verdict: Verdict) -> None:
        if connection.state is not State.CLAIMED:
            return
        if isinstance(verdict, RemoteProtocolError):
            self._figures.turned_away[verdict.code] += 1
            connection.part(verdict.code, verdict.message)  # type: ignore[arg-type] # one of the wire's
            return
        self._strangers.discard(connection)
        self._crowd.introduce(self._clients[connection])
        self._hub.enter(connection, verdict)

    def _begin_round(self) -> None:
        if self._unread > UNREAD_BYTES_IN_ALL:
            self._cut_worst_readers(self._unread)
        self._round = Round(list(self._clients))
        self._unread = 0

    def _cut_worst_readers(self, unread: int) -> None:
        for connection in sorted(self._clients, key=lambda it: it.unread, reverse=True):
            if unread <= UNREAD_BYTES_IN_ALL:
                return
            unread -= connection.unread
            connection.cut()


def _is_claimed(connection: Connection) -> bool:
    return connection.state is State.CLAIMED
