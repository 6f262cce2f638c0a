"""The places for links to other relays: sixteen, and who gives way when there are more."""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from agentmesh.errors import TransportError
from agentmesh.observability.world import SystemClock
from agentmesh.protocol.relay_frames import FromAgent, FromRelay, Send, Sent
from agentmesh.transport.router import MAX_AT_SILENT, MAX_FOREIGN_LINKS, SILENT_SECONDS, Router
from tests.support.incoming import RecordingIncoming, caller_called
from tests.support.processes import running
from tests.support.relay_client import amid_called, message
from tests.support.strange_relay import strange_relay

BOB = amid_called("bob")


class Patient(SystemClock):
    """A clock that can be moved on."""

    waited = 0.0

    def monotonic(self) -> float:
        return super().monotonic() + self.waited


def now_and_then(frame: FromAgent) -> Iterator[FromRelay]:
    """Answer what is not called `never`."""
    if isinstance(frame, Send) and not frame.id.startswith("never"):
        yield Sent(id=frame.id, outcome="queued")


@asynccontextmanager
async def relays(count: int) -> AsyncIterator[list[str]]:
    async with AsyncExitStack() as stack:
        made = [await stack.enter_async_context(strange_relay(now_and_then)) for _ in range(count)]
        yield [relay.origin for relay in made]


async def refused(router: Router, relay: str, message_type: str = "message") -> str:
    """Return why a frame is not taken."""
    frame = msgspec.structs.replace(message(BOB, "1"), message_type=message_type)
    with pytest.raises(TransportError) as caught:
        await router.send(frame, relay)
    return caught.value.code


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere 127.0.0.2 is nobody")
async def test_relays_that_are_silent_keep_us_from_no_other(url: str, tmp_path: Path) -> None:
    clock = Patient()
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path / "other")
    with (
        socket.create_server(("0.0.0.0", 0), backlog=MAX_FOREIGN_LINKS) as deaf,
        running("agentmesh_relay", *arguments) as other,
    ):
        port = deaf.getsockname()[1]
        silent = [f"ws://127.0.0.{number}:{port}" for number in range(1, 1 + MAX_FOREIGN_LINKS)]
        there = other.said("listening on ")
        caller = caller_called("alice", clock=clock)
        async with Router(url, caller, RecordingIncoming()) as alice:
            waiting = [asyncio.ensure_future(alice.send(message(BOB, it), it)) for it in silent]
            await asyncio.sleep(0)
            with pytest.raises(TransportError) as caught:
                await alice.send(message(BOB, "1"), there)
            assert caught.value.code == "relay_busy"
            clock.waited = SILENT_SECONDS
            assert (await alice.send(message(BOB, "1"), there)).code == "UNKNOWN_RECIPIENT"
            assert sum(it.done() for it in waiting) == 1
        failures = await asyncio.gather(*waiting, return_exceptions=True)
    assert {type(failure) for failure in failures} == {TransportError}


async def test_relays_that_answer_now_and_then_give_way_to_another(url: str) -> None:
    clock = Patient()
    async with (
        relays(MAX_FOREIGN_LINKS + 1) as (friend, *others),
        Router(url, caller_called("alice", clock=clock), RecordingIncoming()) as alice,
    ):
        waiting = [asyncio.ensure_future(alice.send(message(BOB, "never"), it)) for it in others]
        await asyncio.sleep(0)  # by now they wait
        for relay in others:
            await alice.send(message(BOB, "1"), relay)
        clock.waited = SILENT_SECONDS - 1
        for relay in others:
            await alice.send(message(BOB, "2"), relay)
        assert await refused(alice, friend) == "relay_busy"
        clock.waited = SILENT_SECONDS + 1
        assert (await alice.send(message(BOB, "1"), friend)).outcome == "queued"
        assert sum(it.done() for it in waiting) == 1
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_a_refusal_takes_nobodys_place(url: str) -> None:
    async with (
        relays(MAX_FOREIGN_LINKS + 1) as (one_more, *others),
        Router(url, caller_called("alice"), RecordingIncoming()) as alice,
    ):
        for relay in others:
            await alice.send(message(BOB, "1"), relay)
        assert await refused(alice, one_more, "reject") == "relay_busy"
        assert len(alice.foreign()) == MAX_FOREIGN_LINKS
        assert (await alice.send(message(BOB, "1"), one_more)).outcome == "queued"


@pytest.mark.parametrize(("answers", "code"), [(True, "relay_busy"), (False, "relay_silent")])
async def test_few_wait_for_a_relay_that_is_silent_to_them(
    url: str, code: str, *, answers: bool
) -> None:
    clock = Patient()
    async with (
        relays(1) as (there,),
        Router(url, caller_called("alice", clock=clock), RecordingIncoming()) as alice,
    ):
        names = [f"never{number}" for number in range(MAX_AT_SILENT)]
        waiting = [asyncio.ensure_future(alice.send(message(BOB, it), there)) for it in names]
        await asyncio.sleep(0)  # by now they wait
        clock.waited = SILENT_SECONDS - 1
        if answers:
            assert (await alice.send(message(BOB, "1"), there)).outcome == "queued"
        clock.waited = SILENT_SECONDS + 1
        assert await refused(alice, there) == code
        waiting.pop().cancel()
        await asyncio.sleep(0)
        assert (await alice.send(message(BOB, "2"), there)).outcome == "queued"
    await asyncio.gather(*waiting, return_exceptions=True)
