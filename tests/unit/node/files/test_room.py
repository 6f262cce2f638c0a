"""A file's way from one owner to the other, and what each of them may say to it."""

import asyncio
import stat
from types import SimpleNamespace

import pytest

from agentmesh.errors import Refused, TransportError, UsageError
from agentmesh.files.speed import Speed
from agentmesh.node.files.departures import MAX_OPEN
from agentmesh.node.notices import Notice
from agentmesh.protocol.limits import FILE_CHUNK_BYTES, FILE_OFFER_SECONDS
from agentmesh.protocol.relay_frames import Send, Sent
from agentmesh.storage.quarantine import ARRIVING, QUARANTINE
from tests.support.filing import Desks
from tests.support.patience import PATIENCE, until

LONG = bytes(range(256)) * (FILE_CHUNK_BYTES // 64) + b"end"  # some four chunks


async def test_the_owner_accepts_and_the_file_is_there_bit_for_bit(desks: Desks) -> None:
    path = desks.alice.write("report.pdf", LONG)
    file_id = await desks.alice.send(desks.bob, path)
    offered = await desks.bob.until(file_id, "asking")
    assert (offered.name, offered.size, offered.media_type) == (
        "report.pdf",
        len(LONG),
        "application/pdf",
    )
    assert desks.alice.state(file_id) == "offered"
    await desks.bob.files.accept(file_id)
    await desks.alice.until(file_id, "done")
    await desks.bob.until(file_id, "done")
    assert desks.bob.quarantined == {"report.pdf": LONG}
    landed = desks.bob.home / QUARANTINE / "report.pdf"
    assert stat.S_IMODE(landed.stat().st_mode) == 0o600
    await until(lambda: not list((desks.bob.home / ARRIVING).iterdir()))
    assert desks.bob.files.find(file_id).key == desks.alice.files.find(file_id).key == b""


@pytest.mark.parametrize("data", [b"", b"x", bytes(FILE_CHUNK_BYTES), bytes(FILE_CHUNK_BYTES + 1)])
async def test_files_of_any_length_arrive(desks: Desks, data: bytes) -> None:
    desks.bob.rules(accept="everybody")
    file_id = await desks.alice.send(desks.bob, desks.alice.write("a", data))
    await desks.alice.until(file_id, "done")
    assert desks.bob.quarantined == {"a": data}
    progress = desks.alice.files.progress(desks.alice.files.find(file_id))
    assert (progress.done, progress.left) == (len(data), None)


async def test_what_is_done_is_whole_though_its_work_still_winds_up(desks: Desks) -> None:
    desks.bob.rules(accept="everybody")
    file_id = await desks.alice.send(desks.bob, desks.alice.write("a", LONG))
    await desks.alice.until(file_id, "done")
    halfway = SimpleNamespace(done=1, speed=Speed(), reason="")
    desks.alice.files._departures.moving[file_id] = halfway  # type: ignore[assignment]
    assert desks.alice.files.progress(desks.alice.files.find(file_id)).done == len(LONG)


async def test_who_waits_is_told_as_soon_as_a_transfer_is_in_another_state(desks: Desks) -> None:
    file_id = await desks.alice.send(desks.bob, desks.alice.write())
    await desks.bob.until(file_id, "asking")
    assert (await desks.bob.files.turned(file_id, 0)).state == "asking"
    waiting = asyncio.create_task(desks.bob.files.turned(file_id, 10 * PATIENCE))
    await asyncio.sleep(0)
    await desks.bob.files.refuse(file_id)
    async with asyncio.timeout(PATIENCE):
        assert (await waiting).state == "refused"
        assert (await desks.bob.files.turned(file_id, 10 * PATIENCE)).state == "refused"


async def test_the_agent_sees_nothing_of_it(desks: Desks) -> None:
    desks.bob.rules(accept="everybody")
    file_id = await desks.alice.send(desks.bob, desks.alice.write())
    await desks.alice.until(file_id, "done")
    assert await desks.bob.node.texts() == []
    told = [it for it in desks.bob.node.notices if it.kind.startswith("file_")]
    assert [it.kind for it in told][-1] == "file_done"
    assert not [it for it in told if "data.bin" in str(it)]


async def test_a_refusal_reaches_the_sender(desks: Desks) -> None:
    file_id = await desks.alice.send(desks.bob, desks.alice.write())
    await desks.bob.until(file_id, "asking")
    await desks.bob.files.refuse(file_id)
    assert (await desks.alice.until(file_id, "refused")).reason == "refused"
    with pytest.raises(UsageError, match="waits for no answer"):
        await desks.bob.files.accept(file_id)


async def test_a_rule_that_refuses_tells_why(desks: Desks) -> None:
    desks.bob.rules(max_bytes=3)
    file_id = await desks.alice.send(desks.bob, desks.alice.write())
    assert (await desks.alice.until(file_id, "refused")).reason == "too_large"
    assert desks.bob.files.all() == []


async def test_the_sender_takes_an_offer_back(desks: Desks) -> None:
    file_id = await desks.alice.send(desks.bob, desks.alice.write())
    await desks.bob.until(file_id, "asking")
    await desks.alice.files.cancel(file_id)
    assert (await desks.bob.until(file_id, "cancelled")).reason == "cancelled"
    with pytest.raises(UsageError, match="already"):
        await desks.bob.files.cancel(file_id)


@pytest.mark.parametrize("who", ["alice", "bob"])
async def test_either_side_stops_a_file_on_its_way(desks: Desks, who: str) -> None:
    desks.bob.rules(accept="everybody")
    desks.pair.wire.loses = lambda frame: frame.message_type == "bulk"
    file_id = await desks.alice.send(desks.bob, desks.alice.write(data=LONG))
    await desks.alice.until(file_id, "moving")
    await desks.bob.until(file_id, "moving")
    await getattr(desks, who).files.cancel(file_id)
    await desks.alice.until(file_id, "cancelled")
    await desks.bob.until(file_id, "cancelled")
    await until(lambda: not list((desks.bob.home / ARRIVING).iterdir()))


async def test_nobody_knows_another_transfer(desks: Desks) -> None:
    for act in (desks.bob.files.accept, desks.bob.files.refuse, desks.bob.files.cancel):
        with pytest.raises(UsageError, match="no transfer"):
            await act("nothing")


async def test_what_there_is_no_room_for_is_not_accepted(desks: Desks) -> None:
    file_id = await desks.alice.send(desks.bob, desks.alice.write())
    await desks.bob.until(file_id, "asking")
    desks.bob.rules(max_total_bytes=2)
    with pytest.raises(Refused, match="room"):
        await desks.bob.files.accept(file_id)
    assert desks.bob.state(file_id) == "asking"


async def test_an_offer_that_nobody_answers_expires_on_both_sides(desks: Desks) -> None:
    file_id = await desks.alice.send(desks.bob, desks.alice.write())
    await desks.bob.until(file_id, "asking")
    await desks.alice.until(file_id, "offered")
    desks.pair.clock.advance(FILE_OFFER_SECONDS + 1)
    await desks.bob.files.look()
    assert (await desks.bob.until(file_id, "refused")).reason == "expired"
    await until(lambda: desks.alice.files.find(file_id).is_over)


@pytest.mark.parametrize("kind", ["breaker_shutdown", "breaker_emergency_stop"])
async def test_a_stop_ends_every_transfer(desks: Desks, kind: str) -> None:
    file_id = await desks.alice.send(desks.bob, desks.alice.write())
    await desks.bob.until(file_id, "asking")
    desks.alice.node.hand.bulletin.publish(Notice(kind=kind))
    await desks.alice.files.look()
    assert (await desks.alice.until(file_id, "cancelled")).reason == "stopped"


async def test_a_block_ends_those_of_that_peer(desks: Desks) -> None:
    file_id = await desks.alice.send(desks.bob, desks.alice.write())
    await desks.bob.until(file_id, "asking")
    notice = Notice(kind="breaker_block", peer=desks.alice.amid)
    desks.bob.node.hand.bulletin.publish(notice)
    await desks.bob.files.look()
    await desks.bob.until(file_id, "cancelled")


async def test_both_sides_go_on_after_a_restart_at_any_state(desks: Desks) -> None:
    desks.bob.rules(accept="ask")
    file_id = await desks.alice.send(desks.bob, desks.alice.write(data=LONG))
    await desks.alice.restart()
    await desks.bob.until(file_id, "asking")
    await desks.bob.restart()
    desks.pair.wire.loses = lambda frame: frame.message_type == "bulk"
    await desks.bob.files.accept(file_id)
    await desks.alice.until(file_id, "moving")
    await desks.alice.restart()
    await desks.bob.restart()
    desks.pair.wire.loses = lambda _: False
    desks.pair.clock.advance(60)
    desks.alice.files.nudge()
    desks.bob.files.nudge()
    await desks.alice.until(file_id, "done")
    assert desks.bob.quarantined == {"data.bin": LONG}


async def test_a_knock_that_is_refused_ends_the_offer(desks: Desks) -> None:
    desks.bob.node.policy = desks.bob.node.policy.__class__(
        consent="policy", rejected_intents=frozenset({"communication"})
    )
    file_id = await desks.alice.send(desks.bob, desks.alice.write())
    await desks.alice.until(file_id, "offered")
    await desks.pair.settle()
    await desks.alice.files.look()
    assert (await desks.alice.until(file_id, "refused")).reason == "intent_not_accepted"


async def test_our_own_files_are_bounded(desks: Desks) -> None:
    desks.pair.wire.is_up = False
    for number in range(MAX_OPEN):
        await desks.alice.send(desks.bob, desks.alice.write(f"{number}", b""))
    with pytest.raises(TransportError, match="on their way"):
        await desks.alice.send(desks.bob, desks.alice.write())


async def test_progress_is_told_without_names(desks: Desks) -> None:
    desks.bob.rules(accept="everybody")
    carried: list[Send] = []

    def slowly(frame: Send) -> Sent | None:
        if frame.message_type != "bulk":
            return None
        carried.append(frame)
        is_late = len(carried) > 2
        return (
            Sent(id=frame.id, outcome="refused", code="RATE_LIMITED", retry_after_seconds=60)
            if is_late
            else None
        )

    desks.pair.wire.answer = slowly
    file_id = await desks.alice.send(desks.bob, desks.alice.write(data=LONG))
    await desks.alice.until(file_id, "moving")
    await until(lambda: desks.alice.files.progress(desks.alice.files.find(file_id)).reason)
    await desks.alice.files.look()
    (told, *_) = [it for it in desks.alice.node.notices if it.kind == "file_progress"]
    assert set(told.fields) == {"transfer_id", "done", "size"}
    assert desks.alice.files.progress(desks.alice.files.find(file_id)).reason == "rate_limited"
