"""Relays that peers named: they carry what we say, and say nothing to us."""

import asyncio
from collections.abc import Iterator
from itertools import repeat
from pathlib import Path

import pytest

from agentmesh.errors import TransportError
from agentmesh.protocol.ids import FrameId
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.relay_frames import (
    Acked,
    FromAgent,
    FromRelay,
    PresenceResponse,
    Receive,
    Send,
    Sent,
    encode,
)
from agentmesh.transport.foreign import ANSWER_BYTES, MAX_UNASKED_BYTES
from agentmesh.transport.router import Router
from agentmesh.transport.wire import MAX_CONTROL_FRAMES
from tests.support.incoming import RecordingIncoming, caller_called
from tests.support.patience import PATIENCE, until
from tests.support.processes import running
from tests.support.relay_client import amid_called, message
from tests.support.strange_relay import strange_relay

ALICE, BOB = amid_called("alice"), amid_called("bob")


async def test_mail_at_a_relay_that_was_ours_stays_there_and_is_no_news(
    url: str, tmp_path: Path
) -> None:
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path / "other")
    with running("agentmesh_relay", *arguments) as other:
        there = other.said("listening on ")
        before, now, after = RecordingIncoming(), RecordingIncoming(), RecordingIncoming()
        async with Router(there, caller_called("alice"), before):
            await before.until(lambda: before.connects == 1)
        async with (
            Router(there, caller_called("bob"), RecordingIncoming()) as bob,
            Router(url, caller_called("alice"), now) as alice,
        ):
            assert (await bob.send(message(ALICE, "1"))).outcome == "queued"
            for number in range(5):  # the mailbox would have been brought long before the last
                assert (await alice.send(message(BOB, str(number)), there)).outcome == "queued"
            assert now.arrivals == []
        async with Router(there, caller_called("alice"), after):
            await after.until(lambda: len(after.arrivals) == 1)


def forgeries(frame: FromAgent) -> Iterator[FromRelay]:
    """Say something in everybody's name before each answer."""
    assert isinstance(frame, Send)
    yield Receive(
        delivery=1,
        id=frame.id,
        sender=BOB,
        message_type="receipt",
        encrypted_payload=b"forged",
        timestamp=0,
    )
    yield Acked(ids=(frame.id,))
    yield Sent(id=frame.id, outcome="forwarded")


async def test_what_another_relay_brings_is_not_heard(url: str) -> None:
    ear = RecordingIncoming()
    async with (
        strange_relay(forgeries) as there,
        Router(url, caller_called("alice"), ear) as alice,
    ):
        for number in range(5):
            assert (await alice.send(message(BOB, str(number)), there.origin)).outcome
        assert (ear.arrivals, ear.kept, ear.found) == ([], [], [there.origin])


async def say_much(router: Router, relay: str) -> None:
    for number in range(2, 500):
        await router.send(message(BOB, str(number)), relay)


SMALL = PresenceResponse(amid=ALICE, status="online")
LARGE = Receive(
    delivery=1,
    id=FrameId("1"),
    sender=BOB,
    message_type="message",
    encrypted_payload=bytes(64 * 1024),
    timestamp=0,
)


@pytest.mark.parametrize("said", [SMALL, LARGE])
async def test_a_relay_that_talks_and_talks_is_hung_up_on(url: str, said: FromRelay) -> None:
    most = MAX_UNASKED_BYTES // max(len(encode(said)), ANSWER_BYTES)

    def chatter(frame: FromAgent) -> Iterator[FromRelay]:
        assert isinstance(frame, Send)
        yield from repeat(said, most if frame.id == "1" else 1)
        yield Sent(id=frame.id, outcome="queued")

    async with (
        strange_relay(chatter) as there,
        Router(url, caller_called("alice"), RecordingIncoming()) as alice,
    ):
        assert (await alice.send(message(BOB, "1"), there.origin)).outcome == "queued"
        with pytest.raises(TransportError):
            await say_much(alice, there.origin)
        (link,) = alice.foreign()
        assert (link.state, link.last_error) == ("offline", "relay_frame_out_of_turn")


@pytest.mark.parametrize("control", [b"\x89\x00", b"\x8a\x00"], ids=["ping", "pong"])
async def test_a_relay_that_pings_and_pings_is_hung_up_on(url: str, control: bytes) -> None:
    async with (
        strange_relay(lambda frame: [Sent(id=frame.id, outcome="queued")]) as there,
        Router(url, caller_called("alice"), RecordingIncoming()) as alice,
    ):
        await alice.send(message(BOB, "1"), there.origin)
        async with asyncio.timeout(PATIENCE):
            await (await there.guests[0].ping())  # one is answered
        there.guests[0].transport.write(control * (MAX_CONTROL_FRAMES // 2))
        await alice.send(message(BOB, "2"), there.origin)
        there.guests[0].transport.write(control * MAX_CONTROL_FRAMES)
        await until(lambda: alice.foreign()[0].last_error == "relay_frame_malformed")


async def test_what_time_it_is_elsewhere_says_nothing_of_our_clock(url: str) -> None:
    heard: list[float] = []
    caller = caller_called("alice", heard=heard.append)
    ear = RecordingIncoming()
    async with (
        strange_relay(lambda _: [], ahead=86400) as there,
        Router(url, caller, ear) as alice,
    ):
        await ear.until(lambda: ear.connects == 1)
        alice._lease(there.origin)
        await ear.until(lambda: ear.found == [there.origin])
    assert len(heard) == 1


async def test_it_is_told_when_another_relay_is_back(url: str, tmp_path: Path) -> None:
    ear = RecordingIncoming()
    arguments = ("--data", tmp_path / "other", "--listen")
    async with Router(url, caller_called("alice"), ear) as alice:
        with running("agentmesh_relay", *arguments, "127.0.0.1:0") as first:
            there = origin_of(first.said("listening on "))
            assert (await alice.send(message(BOB, "1"), there)).code == "UNKNOWN_RECIPIENT"
            await asyncio.to_thread(first.kill)
        with pytest.raises(TransportError):
            await alice.send(message(BOB, "2"), there)
        with running("agentmesh_relay", *arguments, there.removeprefix("ws://")):
            await ear.until(lambda: ear.found == [there, there])
            assert (await alice.send(message(BOB, "2"), there)).code == "UNKNOWN_RECIPIENT"
