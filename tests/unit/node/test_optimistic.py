"""Who gets the first message with the KNOCK: whom the owner trusts, and nobody else."""

import pytest

from agentmesh.messages.body import Body
from agentmesh.messages.strict_json import write_json
from agentmesh.node.optimistic import TRUSTED
from agentmesh.node.turn import Turn
from agentmesh.policy.document import Policy
from agentmesh.policy.grants import TEXT
from agentmesh.protocol.limits import MAX_OPTIMISTIC
from tests.support.node import CHAT, Node
from tests.support.node_pair import Pair


@pytest.mark.parametrize(("trust", "travels"), [(0, False), (1, False), (TRUSTED, True)])
async def test_it_travels_to_whom_the_owner_trusts(pair: Pair, trust: int, travels: bool) -> None:
    await pair.low.peers.trust(pair.high.amid, trust)
    pair.wire.loses = lambda frame: frame.message_type == "accept"
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.texts() == (["hello"] if travels else [])
    assert (await pair.low.fate_of(said))[0] == "queued", "until the peer's word is here"
    pair.wire.loses = lambda _: False
    await pair.later(60)
    assert await pair.high.texts() == ["hello"]
    assert (await pair.low.fate_of(said))[0] == "delivered"
    assert pair.high.kinds().count("message_received") == 1


async def test_it_travels_to_who_is_on_the_allowlist(pair: Pair) -> None:
    pair.low.policy = Policy(consent="policy", allowlist=frozenset({pair.high.amid}))
    pair.wire.loses = lambda frame: frame.message_type == "accept"
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.texts() == ["hello"]


async def test_a_stranger_that_waits_for_the_owner_is_not_heard_before(pair: Pair) -> None:
    pair.high.policy = Policy()
    await pair.low.peers.trust(pair.high.amid, TRUSTED)
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.texts() == []
    (knock,) = await pair.high.store.knocks(pending=True, limit=5)
    await pair.high.gatekeeper.approve(knock.knock_id)
    await pair.settle()
    assert await pair.high.texts() == ["hello"]
    assert (await pair.low.fate_of(said))[0] == "delivered"


async def test_who_is_refused_is_never_heard(pair: Pair) -> None:
    pair.high.policy = Policy(blocklist=frozenset({pair.low.amid}))
    await pair.low.peers.trust(pair.high.amid, TRUSTED)
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.texts() == []
    assert await pair.low.fate_of(said) == ("refused", "blocked")
    assert (await pair.high.store.counts()).unread == 0


async def test_what_is_too_large_for_a_knock_waits_for_the_answer(pair: Pair) -> None:
    await pair.low.peers.trust(pair.high.amid, TRUSTED)
    pair.wire.loses = lambda frame: frame.message_type == "accept"
    await pair.low.say(pair.high, "x" * MAX_OPTIMISTIC)
    await pair.settle()
    assert await pair.high.texts() == []


async def test_what_is_urgent_travels_first(pair: Pair) -> None:
    await pair.low.peers.trust(pair.high.amid, TRUSTED)
    pair.wire.loses = lambda frame: frame.message_type == "accept"
    await pair.low.say(pair.high, "can wait")
    urgent = Body("text", write_json("now"), "urgent")
    await pair.low.outbox.say(pair.high.amid, [urgent], CHAT)
    await pair.settle()
    assert await pair.high.texts() == ["now"]
    pair.wire.loses = lambda _: False
    await pair.later(60)
    assert await pair.high.texts() == ["now", "can wait"]


async def test_a_first_message_that_was_not_granted_does_not_keep_its_sender_out(
    pair: Pair,
) -> None:
    await pair.high.peers.trust(pair.low.amid, 1)
    grants = pair.high.consent.grants
    await grants.revoke(pair.low.amid, TEXT)
    await pair.low.peers.trust(pair.high.amid, TRUSTED)
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.phases() == await pair.low.phases() == ["open"]
    assert await pair.high.texts() == []
    await grants.give(pair.low.amid, TEXT)
    await pair.later(60)
    assert await pair.high.texts() == ["hello"]
    assert (await pair.low.fate_of(said))[0] == "delivered"


async def test_both_knock_with_a_first_message_and_each_is_heard_once(pair: Pair) -> None:
    pair.wire.is_up = False
    for node, other in ((pair.low, pair.high), (pair.high, pair.low)):
        await node.peers.trust(other.amid, TRUSTED)
        await node.say(other, "hello")
    await pair.settle()
    await pair.reconnect()
    await pair.later(60)
    for node in (pair.low, pair.high):
        assert await node.texts() == ["hello"]
        assert node.kinds().count("message_received") == 1


async def test_a_knock_that_comes_again_and_again_is_heard_once(pair: Pair) -> None:
    await pair.low.peers.trust(pair.high.amid, TRUSTED)
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (knock,) = [(sender, it) for sender, it in pair.wire.carried if it.message_type == "knock"]
    for _ in range(3):
        pair.wire.bring(*knock)
        await pair.settle()
    await _forget_sessions(pair.high)
    pair.wire.bring(*knock)
    await pair.settle()
    assert await pair.high.texts() == ["hello"]
    assert pair.high.kinds().count("knock_received") == 1


async def _forget_sessions(node: Node) -> None:
    """Let a lane forget what it holds, as when its sessions are erased."""

    async def job(turn: Turn) -> None:
        turn.talks.clear()

    for lane in node.talks._lanes.values():
        await node.talks.run(lane.peer, job)
