"""Who gets the first message with the KNOCK: whom the owner trusts, and nobody else."""

import pytest

from agentmesh.node.optimistic import TRUSTED
from agentmesh.policy.document import Policy
from agentmesh.protocol.limits import MAX_OPTIMISTIC
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
