"""Relays that peers named: they carry what we say, and say nothing to us."""

import asyncio
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from agentmesh.errors import TransportError
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.relay_frames import (
    Acked,
    FromAgent,
    FromRelay,
    PresenceQuery,
    PresenceResponse,
    Receive,
    Send,
    Sent,
)
from agentmesh.transport.foreign import MAX_UNASKED
from agentmesh.transport.router import Router
from tests.support.incoming import RecordingIncoming, caller_called
from tests.support.patience import until
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


@pytest.mark.parametrize(("unasked", "connections"), [(MAX_UNASKED, 1), (MAX_UNASKED + 1, 2)])
async def test_a_relay_that_talks_and_talks_is_hung_up_on(
    url: str, unasked: int, connections: int
) -> None:
    def chatter(frame: FromAgent) -> Iterator[FromRelay]:
        assert isinstance(frame, PresenceQuery)
        yield from (PresenceResponse(amid=ALICE, status="online") for _ in range(unasked))
        yield PresenceResponse(amid=frame.amid, status="online")

    ear = RecordingIncoming()
    async with (
        strange_relay(chatter) as there,
        Router(url, caller_called("alice"), ear) as alice,
    ):
        with suppress(TransportError):
            await alice.presence_of(BOB, there.origin)
        await until(lambda: len(ear.found) == connections)
        assert len(there.guests) == connections


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
