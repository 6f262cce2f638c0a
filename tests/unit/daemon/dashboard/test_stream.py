"""Live streams, over a real connection."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from agentmesh.daemon.dashboard import stream
from agentmesh.daemon.dashboard.board import PARTS, Board
from agentmesh.daemon.dashboard.listener import Bounds, bind, serving
from agentmesh.daemon.dashboard.tokens import Tokens
from agentmesh.node.notices import Bulletin, Notice
from agentmesh.observability.world import SystemClock
from tests.support.tab import SECONDS, Tab, request, tab_in
from tests.support.world import FakeEntropy
from tests.unit.daemon.conftest import House


async def test_first_comes_everything_then_numbered_changes(house: House, tab: Tab) -> None:
    async with tab.live() as live:
        first = await live.next()
        assert first["seq"] == 0
        assert set(first["snapshot"]) == set(PARTS)
        await house.hear("hello")
        numbers, unread = [], 0
        while unread != 1:
            told = await live.next()
            if "change" in told:
                numbers.append(told["seq"])
                unread = told["change"]["parts"].get("status", {}).get("inbox", {}).get("unread", 0)
    assert numbers == list(range(1, len(numbers) + 1))


async def test_a_beat_repeats_the_number(
    house: House, tab: Tab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BEAT_SECONDS", 0.05)
    async with tab.live() as live:
        first, beat = await live.next(), await live.next()
    assert beat == {"seq": first["seq"], "at": beat["at"], "beat": True}


async def test_an_event_is_facts_only(house: House, tab: Tab) -> None:
    async with tab.live() as live:
        await live.next()
        await house.hear("the content")
        change = await live.change()
    assert {"knock_received"} <= {it["kind"] for it in change["events"]}
    assert "the content" not in str(change)


@pytest.mark.parametrize("everybody", [False, True])
async def test_a_stream_ends_with_its_tab(house: House, tab: Tab, everybody: bool) -> None:
    other = await tab_in(house.caller)
    async with tab.live() as live:
        await live.next()
        await (other if everybody else tab).post("/api/logout", {"all": everybody})
        assert await live.end() == stream.NOT_IN


async def test_a_stream_ends_with_the_dashboard(house: House, tab: Tab) -> None:
    async with tab.live() as live:
        await live.next()
        code, _ = await asyncio.gather(live.end(), house.ask("dashboard.close"))
    assert code == stream.NOT_IN


async def test_a_page_that_speaks_is_cut(house: House, tab: Tab) -> None:
    async with tab.live() as live:
        await live.stream.send_str("hello")
        assert await live.end() == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_a_ticket_is_good_once_and_a_bearer_is_no_ticket(house: House, tab: Tab) -> None:
    ticket = await tab.ticket()
    async with aiohttp.ClientSession(headers={"Origin": tab.origin}) as session:

        async def opens(secret: str) -> int:
            try:
                async with session.ws_connect(f"{tab.origin}/api/live?ticket={secret}"):
                    return 101
            except aiohttp.WSServerHandshakeError as error:
                return error.status

        assert [await opens(it) for it in (ticket, ticket, tab.bearer)] == [101, 401, 401]


async def test_there_are_only_so_many_streams(house: House, tab: Tab) -> None:
    async with aiohttp.ClientSession(headers={"Origin": tab.origin}) as session:
        pages = [
            await session.ws_connect(f"{tab.origin}/api/live?ticket={await tab.ticket()}")
            for _ in range(stream.MAX_STREAMS)
        ]
        with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
            await session.ws_connect(f"{tab.origin}/api/live?ticket={await tab.ticket()}")
        assert caught.value.status == 429
        for page in pages:
            await page.close()
        async with asyncio.timeout(SECONDS):
            while True:
                try:
                    async with tab.live() as live:
                        await live.next()
                        break
                except aiohttp.WSServerHandshakeError:
                    await asyncio.sleep(0.05)


async def test_a_flood_of_events_comes_in_few_changes(house: House, tab: Tab) -> None:
    bulletin = house.pair.high.hand.bulletin
    async with tab.live() as live:
        await live.next()
        for _ in range(10):
            for number in range(1_000):
                bulletin.publish(Notice(kind="message_received", fields={"n": number}))
            await asyncio.sleep(0)
        shown, changes = 0, 0
        while shown < 10_000:
            change = await live.change()
            shown += len(change["events"]) + change["more"]
            changes += 1
    assert shown == 10_000
    assert changes <= 12  # one would do; ten turns of the loop may each be seen


class Growing:
    """A daemon whose knocks are many, and others at every look."""

    def __init__(self) -> None:
        self.looks = 0

    async def __call__(self, name: str, params: object, permit: str) -> object:
        self.looks += 1
        return {name: str(self.looks) * 500_000} if name == "knocks.list" else {}


UPGRADE = {
    "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}  # fmt: skip


@asynccontextmanager
async def served(daemon: Growing, bounds: Bounds) -> AsyncIterator[tuple[stream.Streams, int]]:
    """Yield streams to which every connection leads, and their port."""
    clock = SystemClock()
    tokens = Tokens(clock, FakeEntropy())
    _, bearer = tokens.come_in(tokens.offer("view"))
    streams = stream.Streams(Board(Bulletin(), clock), daemon, tokens.holds, clock)
    sockets = bind(0)
    async with serving(lambda request: streams.serve(request, bearer), sockets, bounds):
        yield streams, sockets[0].getsockname()[1]
        await streams.end()


@pytest.mark.slow
async def test_who_does_not_read_is_cut_and_nothing_is_queued_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "SEND_SECONDS", 0.1)
    monkeypatch.setattr(stream, "BEAT_SECONDS", 0.01)
    daemon = Growing()
    async with served(daemon, Bounds()) as (streams, port), asyncio.timeout(SECONDS):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        writer.write(request(port, headers=UPGRADE))
        assert b"101" in await reader.readline()
        await streams._idle.wait()
        assert daemon.looks < 100
        writer.close()


async def test_a_stream_outlives_the_time_that_a_head_has_to_arrive(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "BEAT_SECONDS", 0.02)
    bounds = Bounds(connections=4, head_seconds=0.1)
    async with (
        served(Growing(), bounds) as (_, port),
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://127.0.0.1:{port}/") as page,
        asyncio.timeout(SECONDS),
    ):
        began = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() < began + 5 * bounds.head_seconds:
            await page.receive_json()
        assert not page.closed
