"""Files of ours: what may become of them before the peer has them."""

import os

import pytest

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.files.ack import Ack, encode_ack
from agentmesh.messages.file_payloads import FileAccept, FileDone, FileRefuse
from agentmesh.node.files.departures import _cipher
from agentmesh.protocol import file_frames
from agentmesh.protocol.file_frames import FileAck
from agentmesh.protocol.ids import Amid, FileId
from agentmesh.protocol.limits import FILE_CHUNK_BYTES
from tests.support.filing import Desks
from tests.support.patience import until

MALLORY = Amid("mallory")
LONG = os.urandom(4 * FILE_CHUNK_BYTES)


async def offered(desks: Desks, data: bytes = LONG) -> FileId:
    file_id = await desks.alice.send(desks.bob, desks.alice.write(data=data))
    await desks.alice.until(file_id, "offered")
    await desks.bob.until(file_id, "asking")
    return FileId(file_id)


async def test_a_file_that_was_changed_after_the_offer_is_not_sent(desks: Desks) -> None:
    file_id = await offered(desks)
    desks.alice.write(data=b"something else")
    await desks.bob.files.accept(file_id)
    assert (await desks.alice.until(file_id, "failed")).reason == "file_changed"
    assert (await desks.bob.until(file_id, "cancelled")).reason == "file_changed"
    assert desks.bob.quarantined == {}


async def test_a_file_that_is_gone_is_not_sent(desks: Desks) -> None:
    file_id = await offered(desks)
    (desks.alice.home.parent / "data.bin").unlink()
    await desks.bob.files.accept(file_id)
    assert (await desks.alice.until(file_id, "failed")).reason == "file_gone"


async def test_what_cannot_be_sent_is_said_at_once(desks: Desks) -> None:
    with pytest.raises(UsageError):
        await desks.alice.send(desks.bob, desks.alice.home)
    assert desks.alice.files.all() == []


async def test_only_the_peer_accepts_refuses_and_confirms(desks: Desks) -> None:
    file_id, departures = await offered(desks), desks.alice.files._departures
    for said in (
        departures.accepted(MALLORY, FileAccept(file_id=file_id)),
        departures.finished(MALLORY, FileDone(file_id=file_id)),
        departures.heard(MALLORY, FileAck(file_id=file_id, box=b"")),
        departures.heard(desks.bob.amid, FileAck(file_id=file_id, box=bytes(60))),
        departures.heard(desks.bob.amid, FileAck(file_id=FileId("none"), box=b"")),
    ):
        with pytest.raises(Exception, match=r"foreign|invalid|unknown"):
            await said
    with pytest.raises(RemoteProtocolError, match="foreign"):
        desks.alice.files._open(MALLORY, file_id)
    assert desks.alice.state(file_id) == "offered"


async def test_who_can_say_what_it_has_has_accepted(desks: Desks) -> None:
    file_id = await offered(desks)
    cipher = _cipher(desks.alice.files.find(file_id))
    word = cipher.seal_ack(encode_ack(Ack(1, 1, "", ())), os.urandom)
    frame = file_frames.decode(word)
    assert isinstance(frame, FileAck)
    await desks.alice.files.take(desks.bob.amid, frame)
    assert desks.alice.state(file_id) == "moving"


async def test_an_accept_of_what_is_over_or_unknown_is_answered(desks: Desks) -> None:
    file_id = await offered(desks)
    desks.pair.wire.loses = lambda _: True
    await desks.alice.files.cancel(file_id)
    desks.pair.wire.loses = lambda _: False
    departures = desks.alice.files._departures
    await departures.accepted(desks.bob.amid, FileAccept(file_id=file_id))
    assert (await desks.bob.until(file_id, "cancelled")).reason == "cancelled"
    other = FileId(file_id[:-1] + ("0" if file_id[-1] != "0" else "1"))
    await departures.accepted(desks.bob.amid, FileAccept(file_id=other))


async def test_a_refusal_in_the_middle_ends_it(desks: Desks) -> None:
    file_id = await offered(desks)
    desks.pair.wire.loses = lambda frame: frame.message_type == "bulk"
    await desks.bob.files.accept(file_id)
    await desks.alice.until(file_id, "moving")
    said = FileRefuse(file_id=file_id, reason="no_room")
    await desks.alice.files._departures.refused(desks.alice.files.find(file_id), said)
    assert (await desks.alice.until(file_id, "refused")).reason == "no_room"
    await until(lambda: not desks.alice.files._departures.moving)
