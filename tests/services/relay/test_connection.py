"""What a connection survives: garbage, silence, and readers that do not read."""

import weakref
from collections.abc import Sequence

import pytest
from agentmesh_relay.connection import (
    FAREWELL_SECONDS,
    PATIENCE,
    PATIENCE_A_SECOND,
    Arrival,
    Connection,
    State,
)
from agentmesh_relay.outgoing import Turn
from picows import WSCloseCode, WSMsgType
from websockets.exceptions import ConnectionClosed

from agentmesh.protocol import limits
from agentmesh.protocol.relay_frames import Challenge, Failure, FromAgent
from tests.support.relay_client import agent, amid_called, message
from tests.support.world import FakeClock

BOB = amid_called("bob")
CHALLENGE = Challenge(nonce=bytes(32), relay="ws://relay", time=0, protocols=())


@pytest.mark.parametrize(
    "garbage",
    [b"", b"\x00", b"\xc1" * 100, b"\x81" * 90_000, b"\xdf\xff\xff\xff\xff", b"\x91" * 5000],
    ids=["empty", "zero", "never", "deep", "huge-map", "deep-list"],
)
async def test_garbage_ends_the_connection_with_a_word(url: str, garbage: bytes) -> None:
    async with agent(url, "mallory") as mallory:
        await mallory.socket.send(garbage)
        assert (await mallory.hear(Failure)).code == "INVALID_MESSAGE"
        await mallory.closed()


async def test_text_is_not_spoken_here(url: str) -> None:
    async with agent(url, "mallory") as mallory:
        await mallory.socket.send("hello")
        assert (await mallory.hear(Failure)).code == "INVALID_MESSAGE"
        await mallory.closed()


async def test_a_message_in_pieces_is_not_put_together(url: str) -> None:
    async with agent(url, "mallory") as mallory:
        await mallory.socket.send([b"one", b"two"])
        assert (await mallory.hear(Failure)).code == "INVALID_MESSAGE"
        await mallory.closed()


async def test_a_frame_that_is_too_large_is_not_even_read(url: str) -> None:
    async with agent(url, "mallory") as mallory:
        await mallory.socket.send(bytes(limits.MAX_RELAY_FRAME + 1))
        assert await mallory.closed() == WSCloseCode.MESSAGE_TOO_BIG.value


async def test_the_largest_sealed_frame_gets_through(url: str) -> None:
    async with agent(url, "bob", "alice") as bob, agent(url, "alice") as alice:
        await alice.send(message(BOB, "large", bytes(limits.MAX_FRAME)))
        assert len((await bob.take()).encrypted_payload) == limits.MAX_FRAME


async def test_ids_have_a_length(url: str) -> None:
    async with agent(url, "mallory") as mallory:
        await mallory.say(message(BOB, "x" * 65))
        assert (await mallory.hear(Failure)).code == "INVALID_MESSAGE"


async def test_a_sender_that_does_not_read_is_cut_off(url: str) -> None:
    async with agent(url, "bob"), agent(url, "mallory") as mallory:
        frame = message(BOB, "1", want_acked=True)

        async def flood() -> None:
            for _ in range(500_000):
                await mallory.say(frame)

        with pytest.raises(ConnectionClosed):
            await flood()


class Silence:
    """A WebSocket whose other side says nothing and reads everything."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.end = ""
        self.is_disconnected = False
        self.underlying_transport = self

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str) -> tuple[str, int] | None:
        return ("192.0.2.1", 1) if name == "peername" else None

    def send_close(self, code: WSCloseCode) -> None:
        self.writes.append(b"close")

    def disconnect(self, *, graceful: bool) -> None:
        self.end = "graceful" if graceful else "cut"


class Frame:
    fin = True
    rsv1 = False
    msg_type = WSMsgType.PONG


class Nobody:
    """An owner that does nothing."""

    def connected(self, connection: Connection) -> None: ...

    def received(self, connection: Connection, frames: Sequence[FromAgent]) -> None: ...

    def disconnected(self, connection: Connection) -> None: ...


class Loop:
    def call_soon(self, flush: object) -> None: ...


def silent(state: State) -> tuple[Connection, Silence]:
    line = Silence()
    connection = Connection(Nobody(), Turn(Loop(), FakeClock()), CHALLENGE, Arrival(0.0))  # type: ignore[arg-type]
    connection.on_ws_connected(line)  # type: ignore[arg-type]
    connection.state = state
    return connection, line


@pytest.mark.parametrize("state", [State.GREETED, State.CLAIMED, State.PARTED])
def test_whoever_has_not_said_in_time_who_it_is_is_cut(state: State) -> None:
    connection, line = silent(state)
    connection.look(limits.AUTHENTICATION_SECONDS - 1.0)
    assert line.end == ""
    connection.look(limits.AUTHENTICATION_SECONDS)
    assert line.end == "cut"


def test_a_silent_agent_is_pinged_and_cut_if_it_does_not_answer() -> None:
    connection, line = silent(State.LIVE)
    connection.look(limits.PING_SECONDS)
    connection.look(limits.PING_SECONDS + limits.PONG_SECONDS - 1.0)
    assert line.end == ""
    connection.look(limits.PING_SECONDS + limits.PONG_SECONDS)
    assert line.end == "cut"


def test_any_word_of_it_is_an_answer() -> None:
    connection, line = silent(State.LIVE)
    for now in range(1, 200):
        if now % 30 == 0:
            connection.on_ws_frame(line, Frame())  # type: ignore[arg-type]
        connection.look(float(now))
    assert line.end == ""


def test_whoever_does_not_close_after_our_good_bye_is_cut() -> None:
    connection, line = silent(State.LIVE)
    connection.part("DISPLACED", "Another came.")
    assert line.writes[-1] == b"close"
    connection.amid = BOB
    connection.look(100.0)
    assert line.end == ""
    connection.look(100.0 + FAREWELL_SECONDS)
    assert line.end == "cut"
    before = len(line.writes)
    connection.say(CHALLENGE)
    connection.part("INTERNAL_ERROR", "Nothing is said any more.")
    assert len(line.writes) == before


def test_whoever_is_a_nuisance_is_cut_and_whoever_lets_go_is_borne_again() -> None:
    connection, line = silent(State.LIVE)
    for _ in range(PATIENCE):
        connection.bear()
    connection.look(1.0)
    for _ in range(PATIENCE_A_SECOND):
        connection.bear()
    assert line.end == ""
    connection.bear()
    assert line.end == "cut"


def test_a_connection_that_ended_is_forgotten_without_the_collector() -> None:
    connection, line = silent(State.LIVE)
    connection.say(CHALLENGE)
    there = weakref.ref(connection)
    connection.on_ws_disconnected(line)  # type: ignore[arg-type]
    connection.cut()
    assert line.end == ""
    del connection
    assert there() is None
