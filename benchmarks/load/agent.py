"""An AgentMesh agent's way in, over picows; afterwards its connection belongs to who asked."""

import asyncio
import struct
import time
from collections.abc import Sequence
from ssl import SSLContext
from typing import Any, TypeVar

from nacl.signing import SigningKey
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid, FrameId, amid_of
from agentmesh.protocol.relay_frames import (
    Ack,
    Challenge,
    Connect,
    ConnectClaim,
    Connected,
    Disconnect,
    FromAgent,
    FromRelay,
    Presence,
    PresenceQuery,
    PresenceResponse,
    Receive,
    Send,
    Sent,
    decode_from_relay,
    encode,
)
from agentmesh.protocol.signed import Purpose, sign
from benchmarks.load.pairs import Line, fixed
from benchmarks.load.websocket import masked, plain

PATIENCE = 60.0
FRAMES = 1024
"""Different ids that a sender uses in turns: more than a relay ever has of it at a time."""

F = TypeVar("F")


class Agent(WSListener):
    """One connection."""

    def __init__(self) -> None:
        self.key = SigningKey.generate()
        self.amid = amid_of(bytes(self.key.verify_key))
        self.wire: WSTransport
        self.is_lost = False
        self.is_open = False
        self.connected: Connected | None = None
        self._frames: asyncio.Queue[FromRelay] = asyncio.Queue()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """See picows."""
        self.wire = transport
        self.is_open = True

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:  # noqa: ARG002 - picows'
        """See picows."""
        if frame.msg_type == WSMsgType.BINARY:
            said = decode_from_relay(frame.get_payload_as_bytes())
            self._frames.put_nowait(said)
            if isinstance(said, Connected):
                self.connected = said

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows'
        """See picows."""
        self.is_lost = True
        self._frames.put_nowait(Disconnect(reason="lost"))  # whoever waits has waited enough

    def say(self, frame: FromAgent) -> None:
        """Send a frame."""
        self.wire.send(WSMsgType.BINARY, encode(frame))

    async def hear(self, kind: type[F]) -> F:
        """Return the next frame, which is of this kind."""
        async with asyncio.timeout(PATIENCE):
            frame = await self._frames.get()
        if not isinstance(frame, kind):
            raise RuntimeError(f"expected {kind.__name__}, got {frame!r}")
        return frame

    async def come_in(
        self, url: str, local: str = "127.0.0.1", tls: SSLContext | None = None
    ) -> None:
        """Connect and say who we are."""
        self.connected, self.is_lost, self.is_open = None, False, False
        self._frames = asyncio.Queue()
        address: dict[str, Any] = {"local_addr": (local, 0)}
        await ws_connect(
            lambda: self,
            url,
            ssl_context=tls,
            websocket_handshake_timeout=PATIENCE,
            max_frame_size=limits.MAX_RELAY_FRAME,
            read_buffer_init_size=1024,
            use_aiofastnet=False,
            **address,
        )
        if not self.is_open:  # picows does not tell who was shut out from who was let in
            raise ConnectionResetError("the relay closed the socket without an answer")
        challenge = await self.hear(Challenge)
        claim = ConnectClaim(
            protocol=limits.PROTOCOL,
            amid=self.amid,
            relay=challenge.relay,
            nonce=challenge.nonce,
            timestamp=int(time.time() * 1000),
        )
        self.say(Connect(signed=sign(claim, Purpose.CONNECT, self.key)))
        await self.hear(Connected)

    def leave(self) -> None:
        """Be gone at once."""
        self.wire.disconnect(graceful=False)

    async def show_to(self, *others: Amid) -> None:
        """Let these see that we are here."""
        self.say(Presence(status="online", visible_to=others))
        self.say(PresenceQuery(amid=self.amid))
        await self.hear(PresenceResponse)  # what came before it is done

    async def see(self, other: Amid) -> None:
        """Wait until the relay knows where the other one is."""
        status = "offline"
        while status != "online":
            self.say(PresenceQuery(amid=other))
            status = (await self.hear(PresenceResponse)).status


def frames_to(recipient: Amid, body: bytes, count: int = FRAMES) -> Sequence[bytes]:
    """Return messages to this agent as they go over the wire, each with an id of its own."""
    return [
        masked(
            encode(
                Send(
                    id=FrameId(f"{number:04}"),
                    to=recipient,
                    message_type="message",
                    encrypted_payload=body,
                )
            )
        )
        for number in range(count)
    ]


async def line(url: str, body: bytes, other_url: str = "") -> Line:
    """Return two agents that know each other; the other one may be at another node."""
    one, other = Agent(), Agent()
    await one.come_in(url)
    await other.come_in(other_url or url)
    await other.show_to(one.amid)
    await one.see(other.amid)
    answer = plain(encode(Sent(id=FrameId("0000"), outcome="forwarded")))
    mark = 2**63 + 1
    delivery = plain(
        encode(
            Receive(
                delivery=mark,
                id=FrameId("0000"),
                sender=one.amid,
                message_type="message",
                encrypted_payload=body,
                timestamp=int(time.time() * 1000),
            )
        )
    )
    at = delivery.index(mark.to_bytes(8, "big"))
    number = struct.Struct(f">{at}xQ{len(delivery) - at - 8}x")

    def acknowledge(data: bytes) -> bytes:
        return masked(encode(Ack(deliveries=tuple(it for (it,) in number.iter_unpack(data)))))

    return Line(
        sender=one.wire.underlying_transport,
        receiver=other.wire.underlying_transport,
        frames=frames_to(other.amid, body),
        delivered=fixed(len(delivery), delivery[:at]),
        answered=fixed(len(answer), answer[:8]),
        acknowledge=acknowledge,
    )
