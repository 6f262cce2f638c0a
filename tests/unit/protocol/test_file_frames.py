import pytest

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol import file_frames, frames
from agentmesh.protocol.file_frames import FileAck, FileChunk, FileFrame
from agentmesh.protocol.frames import StalePrekey
from agentmesh.protocol.ids import FileId, FrameId
from agentmesh.protocol.limits import MAX_FRAME

CHUNK = FileChunk(file_id=FileId("f"), index=2**31, box=b"box")


@pytest.mark.parametrize("frame", [CHUNK, FileAck(file_id=FileId("f"), box=b"")])
def test_each_comes_back_as_it_was(frame: FileFrame) -> None:
    assert file_frames.decode(file_frames.encode(frame)) == frame


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "frame_malformed"),
        (b"\xff" * 40, "frame_malformed"),
        (b"\x81" * 5000, "frame_malformed"),
        (file_frames.encode(CHUNK)[:-1], "frame_malformed"),
        (file_frames.encode(CHUNK) + b"\0", "frame_malformed"),
        (bytes(MAX_FRAME + 1), "frame_too_large"),
        (frames.encode(StalePrekey(frame_id=FrameId("f"))), "frame_malformed"),
    ],
)
def test_nothing_else_is_one(data: bytes, code: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        file_frames.decode(data)
    assert caught.value.code == code


def test_a_chunk_is_none_of_the_sessions_frames() -> None:
    with pytest.raises(RemoteProtocolError, match="frame_malformed"):
        frames.decode(file_frames.encode(CHUNK))
