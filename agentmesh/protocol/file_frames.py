"""What carries files beside the sessions: the frames of the relay's `bulk` lane."""

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol import limits
from agentmesh.protocol.bounded import Count
from agentmesh.protocol.frames import Frame
from agentmesh.protocol.ids import FileId


class FileChunk(Frame, frozen=True, kw_only=True, tag="file_chunk"):
    """A piece of a file, encrypted under the key of its offer."""

    file_id: FileId
    index: Count
    box: bytes


class FileAck(Frame, frozen=True, kw_only=True, tag="file_ack"):
    """What the receiver of a file has of it, under the same key."""

    file_id: FileId
    box: bytes


FileFrame = FileChunk | FileAck

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[FileFrame] = msgspec.msgpack.Decoder(FileFrame)


def encode(frame: FileFrame) -> bytes:
    """Return a frame's bytes."""
    return _encoder.encode(frame)


def decode(data: bytes) -> FileFrame:
    """Return the frame in `data`, or blame the peer."""
    if len(data) > limits.MAX_FRAME:
        raise RemoteProtocolError("frame_too_large")
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("frame_malformed") from None
