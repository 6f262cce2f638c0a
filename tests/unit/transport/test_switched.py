"""A transport that is off is as if there were none; switched on, it is the one behind it."""

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self

import pytest

from agentmesh.errors import TransportError
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Presence, PresenceResponse, Send, Sent
from agentmesh.transport.interface import Arrival, LinkStatus
from agentmesh.transport.switched import SwitchedTransport
from tests.support.relay_client import amid_called, message

BOB = amid_called("bob")
OFF = LinkStatus(relay="ws://relay", state="offline", since=1.0, last_error="stopped")
ON = LinkStatus(relay="ws://relay", state="connected", since=2.0)


class RecordingTransport:
    """See `Transport`. Begins when it may, and writes down what it is asked."""

    def __init__(self, may_begin: asyncio.Event) -> None:
        self.asked: list[object] = []
        self.is_open = False
        self._may_begin = may_begin

    async def __aenter__(self) -> Self:
        await self._may_begin.wait()
        self.is_open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.is_open = False

    def cut(self) -> None:
        self.asked.append("cut")
        self.is_open = False

    async def send(self, frame: Send, relay: str | None = None) -> Sent:
        self.asked.append((frame, relay))
        return Sent(id=frame.id, outcome="forwarded")

    async def presence_of(self, amid: Amid, relay: str | None = None) -> PresenceResponse:
        self.asked.append((amid, relay))
        return PresenceResponse(amid=amid, status="away")

    def ack(self, arrivals: Iterable[Arrival]) -> None:
        self.asked.append(list(arrivals))

    def show(self, presence: Presence) -> None:
        self.asked.append(presence)

    def status(self) -> LinkStatus:
        return ON


class Bench:
    """A switched transport, and every transport it made."""

    def __init__(self) -> None:
        self.may = True
        self.made: list[RecordingTransport] = []
        self.may_begin = asyncio.Event()
        self.may_begin.set()
        self.transport = SwitchedTransport(self._make, lambda: OFF, lambda: self.may)

    def _make(self) -> RecordingTransport:
        self.made.append(RecordingTransport(self.may_begin))
        return self.made[-1]

    @property
    def is_open(self) -> list[bool]:
        return [transport.is_open for transport in self.made]


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_it_begins_switched_off(bench: Bench) -> None:
    async with bench.transport as transport:
        assert bench.made == []
        assert transport.status() == OFF
        for call in (transport.send(message(BOB, "1")), transport.presence_of(BOB)):
            with pytest.raises(TransportError) as caught:
                await call
            assert (caught.value.code, caught.value.hint) == ("stopped", "agentmesh up")
        transport.ack([])


async def test_switched_on_everything_is_passed_on(bench: Bench) -> None:
    frame, shown = message(BOB, "1"), Presence(status="dnd", visible_to=(BOB,))
    async with bench.transport as transport:
        await transport.switch(is_on=True)
        assert await transport.send(frame, "ws://other") == Sent(id=frame.id, outcome="forwarded")
        assert (await transport.presence_of(BOB)).status == "away"
        transport.ack([])
        transport.show(shown)
        assert transport.status() == ON
        [made] = bench.made
        assert made.asked == [(frame, "ws://other"), (BOB, None), [], shown]


async def test_each_time_a_new_transport_is_made_and_the_old_one_closed(bench: Bench) -> None:
    async with bench.transport as transport:
        for is_on in (True, True, False, False, True):
            await transport.switch(is_on=is_on)
        assert bench.is_open == [False, True]
    assert bench.is_open == [False, False]
    assert bench.transport.status() == OFF


async def test_what_was_shown_is_shown_again_by_the_next(bench: Bench) -> None:
    async with bench.transport as transport:
        shown = Presence(status="away", visible_to=(BOB,))
        transport.show(shown)
        for is_on in (True, False, True):
            await transport.switch(is_on=is_on)
        assert [made.asked for made in bench.made] == [[shown]] * 2


async def test_nothing_was_shown_and_nothing_is(bench: Bench) -> None:
    async with bench.transport as transport:
        await transport.switch(is_on=True)
        assert bench.made[0].asked == []


async def test_two_who_switch_on_at_once_make_one_transport(bench: Bench) -> None:
    bench.may_begin.clear()
    async with bench.transport as transport, asyncio.TaskGroup() as tasks:
        for _ in range(2):
            tasks.create_task(transport.switch(is_on=True))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        bench.may_begin.set()
    assert bench.is_open == [False]


async def test_who_switches_off_while_another_switches_on_has_the_last_word(bench: Bench) -> None:
    bench.may_begin.clear()
    async with bench.transport as transport:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(transport.switch(is_on=True))
            await asyncio.sleep(0)
            tasks.create_task(transport.switch(is_on=False))
            await asyncio.sleep(0)
            bench.may_begin.set()
        assert transport.status() == OFF
        assert bench.is_open == [False]


async def test_what_is_cut_is_off_at_once_and_closed_by_the_next_switch(bench: Bench) -> None:
    async with bench.transport as transport:
        await transport.switch(is_on=True)
        transport.cut()
        transport.cut()
        assert bench.made[0].asked == ["cut"]
        with pytest.raises(TransportError):
            await transport.send(message(BOB, "1"))
        await transport.switch(is_on=True)
        assert bench.is_open == [False, True]


async def test_it_is_not_switched_on_while_it_may_not_be(bench: Bench) -> None:
    bench.may = False
    async with bench.transport as transport:
        await transport.switch(is_on=True)
        assert bench.made == []
        bench.may = True
        bench.may_begin.clear()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(transport.switch(is_on=True))
            await asyncio.sleep(0)
            bench.may = False  # somebody stopped everything while it was connecting
            bench.may_begin.set()
        assert bench.made[0].asked == ["cut"]
        assert transport.status() == OFF
