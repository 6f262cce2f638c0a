"""Who may see us: contacts and open sessions, never whom the owner blocked."""

import asyncio
from dataclasses import replace

import pytest

from agentmesh.errors import TransportError
from agentmesh.node.notices import Notice
from agentmesh.node.presence import Presence
from agentmesh.policy.document import Policy
from agentmesh.protocol.ids import Amid
from tests.support.node import Node
from tests.support.node_pair import Pair, Wire, WireEnd
from tests.support.patience import until


async def _presence(node: Node) -> tuple[Presence, WireEnd]:
    end = WireEnd(Wire())
    presence = Presence(node.hand, node.peers, node.publisher, end)
    await presence.begin()
    return presence, end


async def test_contacts_and_peers_of_open_sessions_may_see_us(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.low.peers.trust(Amid("friend"), 1)
    await pair.low.peers.trust(Amid("seen-only"), 0)
    _, end = await _presence(pair.low)
    assert end.shown == [("online", tuple(sorted([pair.high.amid, Amid("friend")])))]


async def test_a_peer_may_see_us_from_the_first_session_on(pair: Pair) -> None:
    _, end = await _presence(pair.low)
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert end.shown[-1] == ("online", (pair.high.amid,))
    assert pair.low.directory.shown == ["online"]  # whom we talk to is nothing for the registry
    pair.low.hand.bulletin.publish(Notice(kind="session_started", peer=pair.high.amid))
    assert len(end.shown) == 2


async def test_what_a_session_begins_with_leaves_before_we_are_shown(pair: Pair) -> None:
    _, end = await _presence(pair.low)
    for name in ("one", "two"):
        pair.low.hand.bulletin.publish(Notice(kind="session_started", peer=Amid(name)))
    assert end.shown == [("online", ())]
    await until(lambda: len(end.shown) > 1)
    assert end.shown == [("online", ()), ("online", ("one", "two"))]


async def test_a_contact_comes_and_goes(pair: Pair) -> None:
    _, end = await _presence(pair.low)
    for trust, seen in ((1, (Amid("friend"),)), (0, ())):
        fields = {"trust": trust}
        notice = Notice(kind="peer_trust_changed", peer=Amid("friend"), fields=fields)
        pair.low.hand.bulletin.publish(notice)
        await until(lambda seen=seen: end.shown[-1] == ("online", seen))


async def test_of_many_contacts_that_are_made_the_relay_is_told_now_and_then(pair: Pair) -> None:
    _, end = await _presence(pair.low)
    for number in range(100):
        notice = Notice(kind="peer_trust_changed", peer=Amid(f"{number}"), fields={"trust": 1})
        pair.low.hand.bulletin.publish(notice)
        await asyncio.sleep(0)
    await until(lambda: len(end.shown[-1][1]) == 100)
    assert len(end.shown) <= 3


async def test_a_relay_that_takes_nothing_more_is_told_later(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, end = await _presence(pair.low)

    def show(_: object) -> None:
        monkeypatch.undo()
        raise TransportError("relay_busy")

    monkeypatch.setattr(end, "show", show)
    await pair.low.breakers.pause()
    await until(lambda: end.shown[-1] == ("dnd", ()))


async def test_whom_we_block_sees_us_no_more(pair: Pair) -> None:
    await pair.low.peers.trust(pair.high.amid, 3)
    _, end = await _presence(pair.low)
    pair.low.policy = Policy(blocklist=frozenset({pair.high.amid}))
    pair.low.hand.bulletin.publish(Notice(kind="breaker_block", peer=pair.high.amid))
    assert end.shown[-1] == ("online", ())


async def test_breakers_show(pair: Pair) -> None:
    _, end = await _presence(pair.low)
    await pair.low.breakers.pause()
    assert (end.shown[-1][0], pair.low.publisher.status) == ("dnd", "dnd")
    await pair.low.breakers.shutdown()
    assert end.shown[-1][0] == "offline"
    await pair.low.breakers.wake()
    await pair.low.breakers.resume()
    assert end.shown[-1][0] == "online"


async def test_the_relay_learns_whether_everybody_may_see_us(pair: Pair) -> None:
    _, end = await _presence(pair.low)
    assert end.shown_at == "https://registry.example"
    pair.low.publisher._profile = replace(pair.low.publisher._profile, shown_at="")
    _, end = await _presence(pair.low)
    assert end.shown_at == ""
