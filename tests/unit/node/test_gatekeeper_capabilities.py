"""Without what a KNOCK requires there is nothing to talk about, and its sender learns why."""

import pytest
from msgspec.structs import replace

from agentmesh.policy.document import Policy
from tests.support.node import CHAT
from tests.support.node_pair import Pair

NEEDS_TRAINS = replace(CHAT, requires=("travel/trains",))
NEEDS_PLANES = replace(CHAT, requires=("travel/trains", "travel/planes"))


async def test_what_is_required_and_there_is_agreed(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello", NEEDS_TRAINS)
    await pair.settle()
    assert (await pair.low.fate_of(said))[0] == "delivered"
    again = await pair.low.say(pair.high, "again", NEEDS_TRAINS)
    assert again.session_id == said.session_id


async def test_what_is_required_and_missing_is_an_error_the_sender_sees(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello", NEEDS_PLANES)
    await pair.settle()
    assert await pair.low.fate_of(said) == ("refused", "capability_not_supported")
    assert await pair.high.texts() == []


async def test_an_open_session_without_it_is_not_used(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    said = await pair.low.say(pair.high, "fly me", NEEDS_PLANES)
    await pair.settle()
    assert await pair.low.fate_of(said) == ("refused", "capability_not_supported")
    assert await pair.high.texts() == ["hello"]


@pytest.mark.parametrize("policy", [Policy(consent="ask"), Policy(consent="ask", strict_mode=True)])
async def test_a_stranger_is_not_told_what_we_cannot_do(pair: Pair, policy: Policy) -> None:
    pair.high.policy = policy
    said = await pair.low.say(pair.high, "hello", NEEDS_PLANES)
    await pair.settle()
    assert (await pair.low.fate_of(said))[1] != "capability_not_supported"


async def test_the_owner_who_says_yes_cannot_make_it_possible(pair: Pair) -> None:
    pair.high.policy = Policy(consent="ask")
    said = await pair.low.say(pair.high, "hello", NEEDS_PLANES)
    await pair.settle()
    (knock,) = await pair.high.store.knocks(pending=True, limit=5)
    decided = await pair.high.gatekeeper.approve(knock.knock_id)
    await pair.settle()
    assert (decided.verdict, decided.reason) == ("rejected", "capability_not_supported")
    assert await pair.low.fate_of(said) == ("refused", "capability_not_supported")
