"""The WebSocket itself, as the `picows` library gives it: whole binary frames, in and out."""

import asyncio
import contextlib
import socket
import struct
from collections import deque
from collections.abc import Iterable

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from agentmesh.errors import RemoteProtocolError, TransportError
from agentmesh.protocol import limits

CLOSE_SECONDS = 2
MAX_UNREAD_BYTES = 1024 * 1024
"""At this bound nothing more is taken from the network until half of it was read."""
MAX_UNSENT_BYTES = 256 * 1024
"""At this bound whoever sends waits until most of it was taken by the network."""
MAX_CONTROL_FRAMES = 1000
"""So many pings and pongs may come at once, and one more each second; beyond that we hang up."""

_AT_ONCE = struct.pack("ii", 1, 0)


class Wire(WSListener):
    """One connection to a relay. It is of use once it was dialled."""

    def __init__(self) -> None:
        self._transport: WSTransport | None = None
        self._is_cut = False
        self._has_ended = False
        self._is_malformed = False
        self._is_held_back = False
        self._unread: deque[bytes] = deque()
        self._unread_bytes = 0
        self._control_frames = 0
        self._opened_at = 0.0
        self._news = asyncio.Event()
        self._may_send = asyncio.Event()
        self._may_send.set()

    @property
    def was_opened(self) -> bool:
        """Whether there was a connection, however it is now."""
        return self._transport is not None

    async def send_together(self, frames: Iterable[bytes]) -> None:
        """Send these frames; waits while the network is slower than we are."""
        for frame in frames:
            self._open().send(WSMsgType.BINARY, frame)
            if not self._may_send.is_set():
                await self._may_send.wait()
        self._open()

    def send_now(self, frame: bytes) -> bool:
        """Send a frame, unless the network is slower than we are; return whether it was sent."""
        if self._transport is None or self._is_cut or self._has_ended:
            return False
        if not self._may_send.is_set():
            return False
        self._transport.send(WSMsgType.BINARY, frame)
        return True

    async def next_frame(self) -> bytes:
        """Return the next binary frame."""
        while not self._unread:
            if self._is_malformed:
                raise RemoteProtocolError("relay_frame_malformed")
            self._open()
            self._news.clear()
            await self._news.wait()
        frame = self._unread.popleft()
        self._unread_bytes -= len(frame)
        if self._is_held_back and self._unread_bytes <= MAX_UNREAD_BYTES // 2:
            self._is_held_back = False
            if self._transport is not None:
                self._transport.underlying_transport.resume_reading()
        return frame

    async def round_trip(self) -> float:
        """Return how many seconds a ping and its pong took."""
        try:
            (seconds,) = await self._open().measure_roundtrip_time(1)
        except ConnectionResetError:
            raise TransportError("relay_link_lost") from None
        return seconds

    async def close(self) -> None:
        """Say good-bye, and wait a moment for the other side to hear it."""
        if self._transport is None:
            return
        if not self._is_cut:
            self._transport.send_close(WSCloseCode.OK)
        with contextlib.suppress(Exception):  # how it ended was told to whoever reads
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._transport.wait_disconnected()
        self._transport.disconnect(graceful=False)

    def cut(self) -> None:
        """Let go at once: what was not written yet never is, nor what the system still holds."""
        self._is_cut = True
        if self._transport is None:
            return
        held = self._transport.underlying_transport.get_extra_info("socket")
        if held is not None:
            with contextlib.suppress(OSError):
                held.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        self._transport.disconnect(graceful=False)

    def on_ws_connected(self, transport: WSTransport) -> None:
        """See picows."""
        self._transport = transport
        self._opened_at = asyncio.get_running_loop().time()
        transport.underlying_transport.set_write_buffer_limits(high=MAX_UNSENT_BYTES)
        if self._is_cut:
            self.cut()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """See picows."""
        kind = frame.msg_type
        # picows ends a connection with too large a frame, but may bring the frame first.
        is_whole = frame.fin and not frame.rsv1 and frame.payload_size <= limits.MAX_RELAY_FRAME
        if kind == WSMsgType.BINARY and is_whole:
            self._take(transport, frame.get_payload_as_bytes())
        elif kind == WSMsgType.CLOSE:
            transport.send_close(WSCloseCode.OK)
            transport.disconnect()
            self._end()
        elif kind in {WSMsgType.PING, WSMsgType.PONG}:
            self._take_control(transport, frame)
        else:
            self._is_malformed = True
            self._end()

    def on_ws_disconnected(self, transport: WSTransport) -> None:  # noqa: ARG002 - picows'
        """See picows."""
        self._end()

    def pause_writing(self) -> None:
        """See picows."""
        self._may_send.clear()

    def resume_writing(self) -> None:
        """See picows."""
        self._may_send.set()

    def _take(self, transport: WSTransport, data: bytes) -> None:
        self._unread.append(data)
        self._unread_bytes += len(data)
        self._news.set()
        if self._unread_bytes > MAX_UNREAD_BYTES and not self._is_held_back:
            self._is_held_back = True
            transport.underlying_transport.pause_reading()

    def _take_control(self, transport: WSTransport, frame: WSFrame) -> None:
        """Answer a ping; whoever does nothing else but ping would keep us busy with it."""
        self._control_frames += 1
        open_for = asyncio.get_running_loop().time() - self._opened_at
        if self._control_frames > MAX_CONTROL_FRAMES + open_for:
            self._is_malformed = True
            self._end()
            self.cut()
        elif frame.msg_type == WSMsgType.PING and self._may_send.is_set():
            transport.send_pong(frame.get_payload_as_bytes())

    def _end(self) -> None:
        self._has_ended = True
        self._news.set()
        self._may_send.set()

    def _open(self) -> WSTransport:
        # picows would still write to the socket of a connection that was cut in this turn.
        if self._transport is None or self._is_cut or self._has_ended:
            raise TransportError("relay_link_lost")
        return self._transport
