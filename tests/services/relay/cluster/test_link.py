import asyncio
from collections.abc import AsyncIterator

import pytest
from agentmesh_relay.cluster.line import Heard
from agentmesh_relay.cluster.link import FIRST_PAUSE, LONGEST_PAUSE, Link, pause_after
from agentmesh_relay.cluster.linked import linked

from agentmesh.errors import TransportError
from agentmesh.observability.world import system_entropy
from tests.support.nats_server import NatsServer
from tests.support.patience import until
from tests.support.world import FakeEntropy


@pytest.fixture
async def link(nats: NatsServer) -> AsyncIterator[Link]:
    link = Link([nats.url], system_entropy)
    async with linked(link):
        yield link


async def test_what_one_says_others_hear_in_order(nats: NatsServer, link: Link) -> None:
    heard: list[Heard] = []
    other = Link([nats.url], system_entropy)
    other.listen("news.*", heard.append)
    async with linked(other):
        for number in range(1000):
            link.say(f"news.{number}", b"%d" % number, {"Number": str(number)})
        await until(lambda: len(heard) == 1000)
    assert [it.data for it in heard] == [b"%d" % number for number in range(1000)]
    assert heard[7].headers == {"Number": "7"}


async def test_whoever_asks_where_nobody_listens_is_told_so(link: Link) -> None:
    with pytest.raises(TransportError, match="unavailable"):
        await link.ask("nobody.there", b"")


async def test_a_lost_connection_fails_what_waits_and_comes_back_by_itself(
    nats: NatsServer,
) -> None:
    link, changes, heard = Link([nats.url], system_entropy), list[str](), list[Heard]()
    link.watch(lambda: changes.append("up"), lambda: changes.append("down"))
    link.listen("deaf", lambda _: None)
    link.listen("news", heard.append)
    async with linked(link):
        waiting = asyncio.ensure_future(link.ask("deaf", b""))
        await asyncio.sleep(0)
        nats.kill()
        with pytest.raises(TransportError):
            await waiting
        await until(lambda: link.trouble() == "nats_unreachable")
        link.say("news", b"into the void")
        with pytest.raises(TransportError):
            await link.ask("deaf", b"")
        nats.start()
        await until(lambda: link.is_up)
        link.say("news", b"again")
        await until(lambda: heard)
    assert changes[:3] == ["up", "down", "up"]
    assert [it.data for it in heard] == [b"again"]


def test_nodes_do_not_all_come_back_at_the_same_moment_and_none_waits_for_long() -> None:
    entropy = FakeEntropy()
    for tries, longest in ((0, FIRST_PAUSE), (1, 2 * FIRST_PAUSE), (9, LONGEST_PAUSE)):
        pauses = {pause_after(tries, entropy) for _ in range(50)}
        assert len(pauses) > 40
        assert longest / 2 <= min(pauses) < max(pauses) <= longest
    assert pause_after(10**6, entropy) <= LONGEST_PAUSE


async def test_the_next_server_is_tried_when_one_is_gone(nats: NatsServer) -> None:
    link = Link(["nats://127.0.0.1:1", nats.url], system_entropy)
    with pytest.raises(TransportError):
        await link.connect()
    await link.connect()
    assert link.is_up
    await link.close()


async def test_what_has_to_be_prepared_is_done_before_anybody_is_told(nats: NatsServer) -> None:
    link, order = Link([nats.url], system_entropy), list[str]()

    async def prepare() -> None:
        order.append("prepared")

    link.prepare(prepare)
    link.watch(lambda: order.append("up"), lambda: None)
    async with linked(link):
        assert order == ["prepared", "up"]


async def test_what_is_too_large_for_nats_is_dropped_alone(
    nats: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Heard] = []
    link = Link([nats.url], system_entropy)
    link.listen("news", heard.append)
    async with linked(link):
        link.say("news", bytes(2 * 1024 * 1024))
        link.say("news", b"small")
        await until(lambda: heard)
    assert [it.data for it in heard] == [b"small"]
    assert "nats.not_said" in caplog.text


async def test_a_listener_that_fails_is_no_reason_to_stop(
    nats: NatsServer, caplog: pytest.LogCaptureFixture
) -> None:
    heard: list[Heard] = []

    def told(it: Heard) -> None:
        heard.append(it)
        raise KeyError("secret")

    link = Link([nats.url], system_entropy)
    link.listen("news", told)
    async with linked(link):
        link.say("news", b"1")
        link.say("news", b"2")
        await until(lambda: len(heard) == 2)
    assert "KeyError" in caplog.text
    assert "secret" not in caplog.text
