import pytest

from agentmesh.errors import RemoteProtocolError
from agentmesh.node.beside import Nothing, take_beside
from agentmesh.protocol import file_frames, frames
from agentmesh.protocol.file_frames import FileChunk
from agentmesh.protocol.frames import StalePrekey
from agentmesh.protocol.ids import Amid, FileId, FrameId

PEER = Amid("peer")
CHUNK = file_frames.encode(FileChunk(file_id=FileId("f"), index=0, box=b""))


async def test_only_pieces_of_files_come_beside_a_session() -> None:
    with pytest.raises(RemoteProtocolError, match="frame_malformed"):
        await take_beside(Nothing(), PEER, frames.encode(StalePrekey(frame_id=FrameId("f"))))


async def test_who_has_no_room_for_files_knows_none() -> None:
    Nothing().nudge()
    with pytest.raises(RemoteProtocolError, match="file_unknown"):
        await take_beside(Nothing(), PEER, CHUNK)
