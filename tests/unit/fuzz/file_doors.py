"""The doors of files: frames of the bulk lane, what is inside, and what daemons say."""

from functools import partial

from agentmesh.crypto.file_cipher import FileCipher
from agentmesh.crypto.secret import Secret
from agentmesh.files.ack import Ack, decode_ack, encode_ack
from agentmesh.files.flight import Flight
from agentmesh.files.names import clean_name
from agentmesh.files.plan import Plan
from agentmesh.messages.file_payloads import (
    FILE_TYPES,
    FileAccept,
    FileCancel,
    FileDone,
    FileOffer,
    FilePayload,
    FileRefuse,
    read_file_payload,
    reason_in,
    write_file_payload,
)
from agentmesh.protocol import file_frames
from agentmesh.protocol.file_frames import FileChunk
from agentmesh.protocol.ids import FileId
from tests.support.crypto_parties import seeded
from tests.unit.fuzz.door import Door

FILE = FileId("0190a000-0000-7000-8000-000000000001")
PLAN = Plan(1_000_000)
CIPHER = FileCipher.of(Secret(bytes(32)), FILE, bytes(32), PLAN.count)
ACK = Ack(1, 1, "disk_full", ((0, 2), (4, PLAN.count)))
SAID: tuple[FilePayload, ...] = (
    FileOffer(
        file_id=FILE, name="../a\u202eb.txt", size=PLAN.size, media_type="text/plain",
        root="00" * 32, key="11" * 32,
    ),
    FileAccept(file_id=FILE),
    FileRefuse(file_id=FILE, reason="no_room"),
    FileCancel(file_id=FILE),
    FileDone(file_id=FILE),
)  # fmt: skip


def open_frame(data: bytes) -> None:
    """Decode a frame and open it, as the peer of a transfer would."""
    frame = file_frames.decode(data)
    if isinstance(frame, FileChunk):
        PLAN.length(frame.index)
        CIPHER.open_chunk(frame)
    else:
        decode_ack(CIPHER.open_ack(frame), PLAN.count)


def hear_ack(data: bytes) -> None:
    """Learn from an ack that the receiver alone can seal: it may say anything in it."""
    ack = decode_ack(data, PLAN.count)
    flight = Flight(PLAN.count)
    flight.take(4, 0.0)
    flight.hear(ack, 1.0)
    assert len(flight.there) + flight.flying <= PLAN.count


def read_said(kind: type[FilePayload], data: bytes) -> None:
    """Read what a peer's daemon says of a file; nothing of it may be more than a name or a word."""
    said = read_file_payload(kind, data)  # type: ignore[type-var]
    if isinstance(said, FileOffer):
        assert "/" not in clean_name(said.name)
        assert len(bytes.fromhex(said.root)) == len(bytes.fromhex(said.key)) == 32
    if isinstance(said, FileRefuse | FileCancel):
        assert reason_in(said).isidentifier()


def sealed() -> tuple[bytes, ...]:
    """Return a chunk and an ack, each as it travels."""
    last = PLAN.count - 1
    chunk = CIPHER.seal_chunk(last, bytes(PLAN.length(last)), seeded("chunk"))
    return chunk, CIPHER.seal_ack(encode_ack(ACK), seeded("ack"))


FILE_DOORS = {
    "a file's frame": Door(open_frame, sealed()),
    "an ack of a file": Door(hear_ack, (encode_ack(ACK),)),
    **{
        f"a {FILE_TYPES[type(said)]}": Door(
            partial(read_said, type(said)), (write_file_payload(said),)
        )
        for said in SAID
    },
}
