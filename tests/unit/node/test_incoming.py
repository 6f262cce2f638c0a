"""Frames from the relay: taken, acknowledged, or dropped and counted."""

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from agentmesh.errors import (
    AgentMeshError,
    RemoteProtocolError,
    StorageError,
    TransportError,
)
from agentmesh.node import incoming
from agentmesh.node.beside import Nothing
from agentmesh.protocol import file_frames
from agentmesh.protocol.file_frames import FileChunk, FileFrame
from agentmesh.protocol.frames import StalePrekey, encode
from agentmesh.protocol.ids import Amid, FileId, FrameId
from agentmesh.protocol.relay_frames import Send
from agentmesh.session.states import Ended
from agentmesh.storage.interface import Change
from tests.support.node_pair import Pair


def _frame(to: Amid, kind: str, payload: bytes) -> Send:
    return Send(id=FrameId("made-up"), to=to, message_type=kind, encrypted_payload=payload)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "payload", "fault"),
    [
        ("message", b"\xc1 not a frame", "frame_malformed"),
        ("message", encode(StalePrekey(frame_id=FrameId("x"))), "frame_of_other_type"),
        ("bulk", encode(StalePrekey(frame_id=FrameId("x"))), "frame_malformed"),
    ],
)
async def test_what_is_good_for_nothing_is_dropped_counted_and_acknowledged(
    pair: Pair, kind: str, payload: bytes, fault: str
) -> None:
    pair.wire.bring(pair.low.amid, _frame(pair.high.amid, kind, payload))
    await pair.settle()
    assert pair.high.incoming.faults == {fault: 1}
    assert len(pair.wire.acknowledged) == 1


class Full(Nothing):
    """A room for files that has no room."""

    def __init__(self, error: AgentMeshError) -> None:
        self._error = error

    def take(self, _peer: Amid, _frame: FileFrame) -> "asyncio.Future[None]":
        kept = asyncio.get_running_loop().create_future()
        kept.set_exception(self._error)
        return kept


@pytest.mark.parametrize(
    ("error", "faults"),
    [
        (StorageError("disk_full"), {}),
        (TransportError("lane_full"), {}),
        (RemoteProtocolError("chunk_out_of_range"), {"chunk_out_of_range": 1}),
    ],
)
async def test_a_piece_of_a_file_that_cannot_be_kept_is_dropped_and_acknowledged(
    pair: Pair, error: AgentMeshError, faults: dict[str, int]
) -> None:
    pair.high.incoming.bring_files_to(Full(error))
    chunk = file_frames.encode(FileChunk(file_id=FileId("f"), index=0, box=b""))
    pair.wire.bring(pair.low.amid, _frame(pair.high.amid, "bulk", chunk))
    await pair.settle()
    assert pair.high.incoming.faults == faults
    assert len(pair.wire.acknowledged) == 1


async def test_a_frame_from_ourselves_is_dropped(pair: Pair) -> None:
    hint = encode(StalePrekey(frame_id=FrameId("x")))
    pair.wire.bring(pair.low.amid, _frame(pair.low.amid, "reject", hint))
    await pair.settle()
    assert pair.low.incoming.faults == {"frame_from_ourselves": 1}


async def test_inventions_of_a_stranger_are_answered_once_a_minute_at_most(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    message = next(f for _, f in pair.wire.carried if f.message_type == "message")
    pair.wire.carried.clear()
    for _ in range(3):
        pair.wire.bring(Amid("stranger"), message)
    await pair.settle()
    assert pair.high.incoming.faults == {"session_unknown": 2}


async def test_a_peer_that_lost_its_store_says_so_and_gets_the_words_again(pair: Pair) -> None:
    await pair.low.say(pair.high, "before")
    await pair.settle()
    pair.high.store._shelves.sessions.clear()
    pair.high.talks._lanes.clear()
    await pair.low.say(pair.high, "after")
    await pair.settle()
    assert await pair.high.texts() == ["before", "after"]


async def test_a_receipt_of_a_session_that_is_gone_is_ignored(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    receipt = next(f for _, f in pair.wire.carried if f.message_type == "receipt")
    pair.low.store._shelves.sessions.clear()
    pair.low.talks._lanes.clear()
    pair.wire.bring(pair.high.amid, receipt)
    await pair.settle()
    assert pair.low.incoming.faults == {}


async def test_the_relays_word_alone_confirms_nothing(pair: Pair) -> None:
    pair.wire.loses = lambda frame: frame.message_type == "receipt"
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    frames = [frame.id for _, frame in pair.wire.carried]
    pair.low.incoming.acked(frames)
    await pair.settle()
    assert (await pair.low.fate_of(said))[0] == "queued"


async def test_a_reconnect_repeats_receipts_that_were_lost(pair: Pair) -> None:
    pair.wire.loses = lambda frame: frame.message_type == "receipt"
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.loses = lambda _: False
    await pair.reconnect()
    assert (await pair.low.fate_of(said))[0] == "delivered"


async def test_what_comes_while_we_stop_is_left_to_the_relay(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    message = next(f for _, f in pair.wire.carried if f.message_type == "message")
    pair.wire.acknowledged.clear()
    pair.high.talks._is_closing = True
    pair.wire.bring(pair.low.amid, message)
    await pair.settle()
    assert pair.wire.acknowledged == []


class FullDisk:
    """A store that refuses to save so many times."""

    def __init__(self, store: object, refusals: int) -> None:
        self._store = store
        self.refusals = refusals

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def commit(self, changes: Sequence[Change]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise StorageError("disk_full")
        await self._store.commit(changes)  # type: ignore[attr-defined]


async def test_what_finds_no_room_is_taken_and_acknowledged_once_there_is_some(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "ROOM_SECONDS", 0.01)
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.acknowledged.clear()
    full = FullDisk(pair.high.store, refusals=3)
    pair.high.talks._store = full  # type: ignore[assignment]
    await pair.low.say(pair.high, "is there room?")
    async with asyncio.timeout(60):
        while await pair.high.texts() != ["hello", "is there room?"]:  # noqa: ASYNC110
            await asyncio.sleep(0)
    await pair.settle()
    assert full.refusals == 0
    assert "message" in {it.frame.message_type for it in pair.wire.acknowledged}


async def test_whoever_waits_for_room_does_not_keep_the_daemon_from_ending(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.acknowledged.clear()
    pair.high.talks._store = FullDisk(pair.high.store, refusals=1_000_000)  # type: ignore[assignment]
    await pair.low.say(pair.high, "is there room?")
    while pair.high.incoming._waiting_for_room == 0:  # noqa: ASYNC110
        await asyncio.sleep(0)
    async with asyncio.timeout(60):
        await pair.high.stop()
    assert "message" not in {it.frame.message_type for it in pair.wire.acknowledged}


async def test_a_session_in_which_nothing_opens_any_more_is_told_lost_once_a_minute(
    pair: Pair,
) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (row,) = await pair.high.store.sessions()
    lane = pair.high.talks._lanes[pair.low.amid]
    assert lane.talks is not None
    talk = lane.talks[row.session_id]
    gone = Ended(terms=talk.state.terms, reason="excessive_skip", by_peer=True)
    lane.talks[row.session_id] = msgspec.structs.replace(talk, state=gone)
    said = await pair.low.say(pair.high, "again")
    await pair.settle()
    assert await pair.low.fate_of(said) == ("delivered", "")
    assert await pair.high.texts() == ["hello", "again"]
    assert len(await pair.low.store.sessions()) == 2
