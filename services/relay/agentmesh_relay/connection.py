"""One agent's WebSocket: its state, what it says, and what time demands of it."""

import logging
from collections.abc import Callable, Sequence
from enum import Enum, auto
from typing import NamedTuple, Protocol

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from agentmesh.errors import RemoteProtocolError
from agentmesh.observability.logs import record_bug
from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import (
    Challenge,
    Disconnect,
    ErrorCode,
    Failure,
    FromAgent,
    FromRelay,
    decode_all_from_agent,
    encode,
)
from agentmesh_relay.inbox import Inbox
from agentmesh_relay.outgoing import Outgoing, Turn, let_go_at_once
from agentmesh_relay.visibility import Visibility

FAREWELL_SECONDS = 5
"""How long the other side may take to close after our good-bye."""

PATIENCE = 2000
PATIENCE_A_SECOND = 20
"""Pings, and requests beyond an agent's limits: each has an answer. At the bound it is cut."""

_log = logging.getLogger(__name__)

_PING = b"\x89\x00"
_BINARY = WSMsgType.BINARY


class State(Enum):
    """How far a connection has come."""

    GREETED = auto()  # the challenge is out
    CLAIMED = auto()  # its answer is being looked at
    LIVE = auto()
    PARTED = auto()


Received = Callable[["Connection", Sequence[FromAgent]], None]


class Owner(Protocol):
    """Whom a connection tells what happens."""

    def connected(self, connection: "Connection") -> None:
        """It is open."""

    def received(self, connection: "Connection", frames: Sequence[FromAgent]) -> None:
        """Frames came. `RemoteProtocolError` ends the connection with that code."""

    def disconnected(self, connection: "Connection") -> None:
        """It is gone."""


class Arrival(NamedTuple):
    """When somebody opened a socket, and what proxies say of where it comes from.

    Not every proxy is to be believed.
    """

    began_at: float
    forwarded: Sequence[str] = ()


class Connection(WSListener):
    """`amid` is what the agent has proved (empty before); `inbox` is there while it is live."""

    __slots__ = (
        "_began_at",
        "_has_spoken",
        "_outgoing",
        "_owner",
        "_parted_at",
        "_patience",
        "_pinged_at",
        "_quiet_since",
        "_read",
        "_received",
        "_transport",
        "amid",
        "challenge",
        "forwarded",
        "inbox",
        "state",
        "visibility",
    )

    def __init__(self, owner: Owner, turn: Turn, challenge: Challenge, arrival: Arrival) -> None:
        now = turn.monotonic()
        self._owner = owner
        self._read: list[bytes] = []
        self._received: Received = owner.received
        self._outgoing = Outgoing(turn, self.cut, now)
        self._transport: WSTransport | None = None
        self._has_spoken = False
        self._began_at = arrival.began_at
        self._quiet_since = now
        self._patience = PATIENCE
        self._pinged_at: float | None = None
        self._parted_at: float | None = None
        self.forwarded = arrival.forwarded
        self.amid = Amid("")
        self.challenge = challenge
        self.inbox: Inbox | None = None
        self.state = State.GREETED
        self.visibility = Visibility()

    @property
    def unread(self) -> int:
        """How many bytes the other side has not taken yet."""
        return self._outgoing.unread

    @property
    def address(self) -> str:
        """The IP address at the other end of the line: the agent's, or a proxy's."""
        if self._transport is None:
            return ""
        peer = self._transport.underlying_transport.get_extra_info("peername")
        return str(peer[0]) if peer else ""

    @property
    def room(self) -> int:
        """How many bytes may be said before the reader is cut off."""
        return self._outgoing.room

    def say(self, frame: FromRelay) -> None:
        """Write a frame at the end of this turn."""
        if self.state is not State.PARTED:
            self._outgoing.frame(encode(frame))

    def say_raw(self, data: bytes) -> None:
        """Write WebSocket frames as they are."""
        if self.state is not State.PARTED:
            self._outgoing.raw(data)

    def part(self, code: ErrorCode, message: str, retry_after_seconds: int | None = None) -> None:
        """Say why, and good-bye."""
        if self.state is not State.PARTED:
            self.say(Failure(code=code, message=message, retry_after_seconds=retry_after_seconds))
            self.say(Disconnect(reason=code.lower()))
            self._outgoing.flush()
            self._say_close()

    def cut(self) -> None:
        """End the connection at once: nothing is waited for."""
        self.state = State.PARTED
        self._outgoing.drop()
        if self._transport is not None:
            let_go_at_once(self._transport.underlying_transport)
            self._transport.disconnect(graceful=False)

    def bear(self) -> None:
        """Bear one more thing that nobody has to do so often."""
        self._patience -= 1
        if self._patience < 0:
            self.cut()

    def look(self, now: float) -> None:
        """Do what time demands. Called every second."""
        self._patience = min(self._patience + PATIENCE_A_SECOND, PATIENCE)
        if self._outgoing.is_stuck(now):
            self.cut()
            return
        is_late = now - self._began_at >= limits.AUTHENTICATION_SECONDS
        match self.state:
            case State.GREETED | State.CLAIMED:
                if is_late:
                    self.cut()
            case State.LIVE:
                self._keep_alive(now)
                if self.inbox is not None and self.inbox.is_overdue(now):
                    self.cut()
            case State.PARTED:
                if is_late and not self.amid:  # for who has proved nothing that is all there is
                    self.cut()
                elif self._parted_at is None:
                    self._parted_at = now
                elif now - self._parted_at >= FAREWELL_SECONDS:
                    self.cut()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """See picows."""
        self._transport = transport
        self._outgoing.attach(transport.underlying_transport)
        self._owner.connected(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - picows'
        """See picows."""
        kind = frame.msg_type
        if kind is not _BINARY or not frame.fin or frame.rsv1:
            self._take_read()
            self._has_spoken = True
            self._take_other(kind, frame)
            return
        self._read.append(frame.get_payload_as_bytes())
        if frame.last_in_buffer:
            self._take_read()

    def pause_writing(self) -> None:
        """See picows. Whoever has much to say looks at `room`."""

    def resume_writing(self) -> None:
        """See picows."""
        if self.inbox is not None:
            self.inbox.go_on()

    def hand_to(self, received: Received) -> None:
        """Tell this one what comes from now on."""
        self._received = received

    def _take_read(self) -> None:
        """Take everything that came in one read from the socket together."""
        data, self._read = self._read, []
        if not data or self.state is State.PARTED:
            return
        self._has_spoken = True
        try:
            self._received(self, decode_all_from_agent(data))
        except RemoteProtocolError as error:
            self.part(error.code, error.message)  # type: ignore[arg-type] # one of the wire's
        except Exception as error:  # noqa: BLE001 - picows would print it with its text
            record_bug(_log, "frame.failed", error)
            self.part("INTERNAL_ERROR", "That was our fault.")

    def _take_other(self, kind: WSMsgType, frame: WSFrame) -> None:
        if kind == WSMsgType.CLOSE:
            self._say_close()
            self._hang_up()
            return
        if self.state is State.PARTED:
            return
        if kind == WSMsgType.PING:
            self.bear()
            payload = frame.get_payload_as_bytes()
            self._outgoing.raw(bytes((0x8A, len(payload))) + payload)
        elif kind != WSMsgType.PONG:
            self.part("INVALID_MESSAGE", "Frames are whole, binary and not compressed.")

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows'
        """See picows."""
        self.state = State.PARTED
        self._outgoing.detach()
        self._transport = None
        self._owner.disconnected(self)

    def _say_close(self) -> None:
        """Begin or answer the closing handshake (RFC 6455, section 5.5.1).

        Closing the socket now could make the other side lose what it has not read yet.
        """
        if self.state is not State.PARTED and self._transport is not None:
            self.state = State.PARTED
            self._transport.send_close(WSCloseCode.OK)

    def _hang_up(self) -> None:
        if self._transport is not None:
            self._transport.disconnect(graceful=True)

    def _keep_alive(self, now: float) -> None:
        if self._has_spoken:
            self._has_spoken = False
            self._quiet_since = now
            self._pinged_at = None
        elif self._pinged_at is None:
            if now - self._quiet_since >= limits.PING_SECONDS:
                self._pinged_at = now
                self._outgoing.raw(_PING)
        elif now - self._pinged_at >= limits.PONG_SECONDS:
            self.cut()
