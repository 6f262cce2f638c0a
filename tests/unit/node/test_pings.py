"""Asking a peer's daemon whether it is there."""

import asyncio

import msgspec
import pytest

from agentmesh.errors import TransportError
from agentmesh.node.pings import PONGS_PER_MINUTE, Note, Pinged, Pings
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import PresenceResponse
from agentmesh.session.events import Close
from tests.support.node import CHAT, Node
from tests.support.node_pair import Pair, WireEnd
from tests.support.patience import PATIENCE


class Sky(WireEnd):
    """A transport on which a test says how everybody is."""

    says: Status | None = "online"

    async def presence_of(self, amid: Amid, relay: str | None = None) -> PresenceResponse:
        if self.says is None:
            raise TransportError("relay_silent")
        return PresenceResponse(amid=amid, status=self.says)


def pings_of(pair: Pair, node: Node) -> tuple[Pings, Sky]:
    sky = Sky(pair.wire)
    pings = Pings(node.hand, node.talks, node.house_mail, node.peers, sky)
    node.house_mail.employ(pings.takers())
    return pings, sky


async def befriend(node: Node, other: Node) -> None:
    await node.peers.trust(other.amid, 1)


async def pinged(pair: Pair, pings: Pings, peer: Node, seconds: float = PATIENCE) -> Pinged:
    asked = asyncio.ensure_future(pings.ping(peer.amid, seconds))
    while not asked.done():
        await pair.settle()
        await asyncio.sleep(0.01)
    return await asked


async def meet(pair: Pair) -> None:
    """Open a session in which both have spoken."""
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.high.say(pair.low, "hello")
    await pair.settle()


async def test_a_contact_answers_and_no_agent_notices(pair: Pair) -> None:
    pings, _ = pings_of(pair, pair.low)
    pings_of(pair, pair.high)
    await befriend(pair.low, pair.high)
    await befriend(pair.high, pair.low)
    await meet(pair)
    found = await pinged(pair, pings, pair.high)
    assert (found.presence, found.reason) == ("online", "")
    assert found.relay is not None
    assert found.peer is not None
    assert await pair.high.texts() == ["hello"]
    assert await pair.low.texts() == ["hello"]


async def test_whoever_is_no_contact_of_the_peer_hears_nothing(pair: Pair) -> None:
    pings, _ = pings_of(pair, pair.low)
    pings_of(pair, pair.high)
    await befriend(pair.low, pair.high)
    await meet(pair)
    before = len(pair.wire.carried)
    assert (await pinged(pair, pings, pair.high, 0.2)).reason == "no_answer"
    messages = [it for it in pair.wire.carried[before:] if it[1].message_type == "message"]
    assert {sender for sender, _ in messages} == {pair.low.amid}


async def test_a_stranger_is_not_asked(pair: Pair) -> None:
    pings, _ = pings_of(pair, pair.low)
    await meet(pair)
    before = len(pair.wire.carried)
    assert (await pings.ping(pair.high.amid, 1)).reason == "not_a_contact"
    assert len(pair.wire.carried) == before


async def test_no_session_is_begun_for_it(pair: Pair) -> None:
    pings, _ = pings_of(pair, pair.low)
    await befriend(pair.low, pair.high)
    assert (await pings.ping(pair.high.amid, 1)).reason == "no_session"
    assert pair.wire.carried == []
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.low.talks.handle(pair.high.amid, said.session_id, Close("completed"))
    await pair.settle()
    assert (await pings.ping(pair.high.amid, 1)).reason == "no_session"


@pytest.mark.parametrize(
    ("says", "reason", "presence"),
    [("offline", "peer_away", "offline"), (None, "no_way", "unknown")],
)
async def test_what_would_wait_for_days_is_not_sent(
    pair: Pair, says: Status | None, reason: str, presence: str
) -> None:
    pings, sky = pings_of(pair, pair.low)
    await befriend(pair.low, pair.high)
    await meet(pair)
    sky.says = says
    before = len(pair.wire.carried)
    found = await pings.ping(pair.high.amid, 1)
    assert (found.reason, found.presence, found.peer) == (reason, presence, None)
    assert len(pair.wire.carried) == before


async def test_a_peer_that_asks_too_often_is_not_answered_until_a_minute_has_passed(
    pair: Pair,
) -> None:
    pings_of(pair, pair.high)
    await befriend(pair.high, pair.low)
    await meet(pair)
    heard: list[bytes] = []

    async def take_pong(*said: object) -> None:
        heard.append(said[2].payload)  # type: ignore[attr-defined]

    pair.low.house_mail.employ({"pong": take_pong})
    for number in range(PONGS_PER_MINUTE + 5):
        note = msgspec.json.encode(Note(nonce=f"{number:016x}"))
        await pair.low.house_mail.post(pair.high.amid, "ping", note, CHAT)
        await pair.settle()
    assert len(heard) == PONGS_PER_MINUTE
    await pair.later(61)
    await pair.low.house_mail.post(pair.high.amid, "ping", note, CHAT)
    await pair.settle()
    assert len(heard) == PONGS_PER_MINUTE + 1


@pytest.mark.parametrize("payload", [b"[]", b"{}", b'{"nonce": "short"}', b'{"nonce": 5}'])
async def test_a_malformed_one_is_dropped(pair: Pair, payload: bytes) -> None:
    pings_of(pair, pair.high)
    await befriend(pair.high, pair.low)
    await meet(pair)
    before = await pair.high.store.counts()
    for kind in ("ping", "pong"):
        await pair.low.house_mail.post(pair.high.amid, kind, payload, CHAT)
    await pair.settle()
    assert await pair.high.store.errands() == []
    assert (await pair.high.store.counts()).outbox == before.outbox
