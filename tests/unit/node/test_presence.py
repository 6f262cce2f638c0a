"""Who may see us: contacts and open sessions, never whom the owner blocked."""

import asyncio
from dataclasses import replace

from agentmesh.node.notices import Notice
from agentmesh.node.presence import Presence
from agentmesh.policy.document import Policy
from agentmesh.protocol.ids import Amid
from tests.support.node import Node
from tests.support.node_pair import Pair, Wire, WireEnd


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
    await asyncio.sleep(0)
    assert end.shown == [("online", ()), ("online", ("one", "two"))]


async def test_a_contact_comes_and_goes(pair: Pair) -> None:
    _, end = await _presence(pair.low)
    for trust, seen in ((1, (Amid("friend"),)), (0, ())):
        fields = {"trust": trust}
        notice = Notice(kind="peer_trust_changed", peer=Amid("friend"), fields=fields)
        pair.low.hand.bulletin.publish(notice)
        assert end.shown[-1] == ("online", seen)


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
