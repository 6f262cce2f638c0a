import pytest

from agentmesh.crypto.file_cipher import FileCipher
from agentmesh.crypto.secret import Secret
from agentmesh.errors import AgentMeshError, CryptoError
from agentmesh.files.ack import MAX_ACK_BYTES
from agentmesh.protocol import file_frames
from agentmesh.protocol.file_frames import FileAck, FileChunk
from agentmesh.protocol.ids import FileId
from agentmesh.protocol.limits import FILE_CHUNK_BYTES, MAX_FRAME
from tests.support.crypto_parties import seeded

ONE = FileId("01890000-0000-7000-8000-000000000001")
TWO = FileId("01890000-0000-7000-8000-000000000002")
ROOT = b"r" * 32
DRAW = seeded("files")


def cipher(
    key: bytes = b"k" * 32, file_id: FileId = ONE, root: bytes = ROOT, count: int = 9
) -> FileCipher:
    return FileCipher.of(Secret(key), file_id, root, count)


def chunk(data: bytes = b"data", index: int = 3) -> FileChunk:
    frame = file_frames.decode(cipher().seal_chunk(index, data, DRAW))
    assert isinstance(frame, FileChunk)
    return frame


@pytest.mark.parametrize("data", [b"", b"\x80\0\0", b"x", bytes(FILE_CHUNK_BYTES)])
def test_a_chunk_comes_back(data: bytes) -> None:
    assert cipher().open_chunk(chunk(data)) == data


def test_a_full_chunk_fills_the_largest_frame_whatever_its_place() -> None:
    sizes = {
        len(cipher().seal_chunk(i, bytes(FILE_CHUNK_BYTES), DRAW)) for i in (0, 200, 70_000, 2**31)
    }
    assert sizes == {MAX_FRAME}


def test_a_word_comes_back_in_the_smallest_frame() -> None:
    said = bytes(MAX_ACK_BYTES)
    data = cipher().seal_ack(said, DRAW)
    frame = file_frames.decode(data)
    assert isinstance(frame, FileAck)
    assert cipher().open_ack(frame) == said
    assert 2046 <= len(data) <= 2048
    assert len(cipher().seal_ack(b"", DRAW)) in (2046, 2048)


@pytest.mark.parametrize(
    "other",
    [cipher(key=b"K" * 32), cipher(file_id=TWO), cipher(root=b"R" * 32), cipher(count=8)],
)
def test_a_chunk_of_another_file_does_not_open(other: FileCipher) -> None:
    with pytest.raises(CryptoError, match="box_invalid"):
        other.open_chunk(chunk())


def test_a_chunk_does_not_open_in_another_place() -> None:
    frame = chunk()
    for index in (0, 2, 4, 2**31):
        moved = FileChunk(file_id=ONE, index=index, box=frame.box)
        with pytest.raises(CryptoError):
            cipher().open_chunk(moved)


def test_every_bit_counts() -> None:
    frame = chunk()
    for place in range(0, len(frame.box) * 8, 101):
        box = bytearray(frame.box)
        box[place // 8] ^= 1 << place % 8
        with pytest.raises(CryptoError):
            cipher().open_chunk(FileChunk(file_id=ONE, index=3, box=bytes(box)))


@pytest.mark.parametrize("box", [b"", bytes(27), bytes(28), bytes(60)])
def test_what_is_no_box_is_refused(box: bytes) -> None:
    with pytest.raises(AgentMeshError):
        cipher().open_chunk(FileChunk(file_id=ONE, index=0, box=box))
    with pytest.raises(AgentMeshError):
        cipher().open_ack(FileAck(file_id=ONE, box=box))


def test_the_directions_have_keys_of_their_own() -> None:
    word = file_frames.decode(cipher().seal_ack(b"data", DRAW))
    assert isinstance(word, FileAck)
    with pytest.raises(CryptoError):
        cipher().open_chunk(FileChunk(file_id=ONE, index=3, box=word.box))
    with pytest.raises(CryptoError):
        cipher().open_ack(FileAck(file_id=ONE, box=chunk().box))


def test_the_same_chunk_is_never_sealed_under_the_same_nonce() -> None:
    # An edited source would otherwise give away the difference, and the key of the tag.
    assert len({chunk().box[:12] for _ in range(100)}) == 100
