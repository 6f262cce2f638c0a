"""Budgets: what the agent sends by itself is counted, and never one more than allowed."""

import asyncio
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.errors import Refused, TrustError
from agentmesh.messages.body import Body
from agentmesh.node.consent import approvals
from agentmesh.node.consent.leave import Leave, autonomy_of
from agentmesh.node.outbox import Fate
from agentmesh.policy.document import Policy
from agentmesh.policy.outbound import BUDGETS
from tests.support.node import CHAT, Node
from tests.support.node_pair import Pair, node_pair

HOUR = 3600.0


async def befriend(pair: Pair, autonomy: str) -> None:
    await pair.low.peers.trust(pair.high.amid, 1)
    await pair.low.peers.let_do(pair.high.amid, autonomy)


async def try_to_say(node: Node, pair: Pair, text: str) -> str:
    """Return `queued`, `awaiting_approval` or the code of the refusal."""
    try:
        fate = await node.say(pair.high, text, impulse="peer")
    except Refused as error:
        return error.code
    return fate.reason or fate.outcome


def restarted(node: Node) -> None:
    """Forget all that is only in memory about budgets."""
    leave = Leave(node.hand, node.peers, node.consent.key_changes.has)
    node.outbox._consent = replace(node.consent, leave=leave)


@pytest.mark.parametrize("autonomy", ["notify-only", "draft"])
async def test_without_leave_to_answer_everything_waits(pair: Pair, autonomy: str) -> None:
    await befriend(pair, autonomy)
    assert await try_to_say(pair.low, pair, "hi") == "awaiting_approval"
    await pair.settle()
    assert pair.wire.carried == []
    assert (await pair.low.say(pair.high, "the owner speaks")).reason == ""


@pytest.mark.parametrize("autonomy", ["bounded", "extended"])
async def test_a_budget_is_there_again_when_its_time_is_over(pair: Pair, autonomy: str) -> None:
    await befriend(pair, autonomy)
    budget = BUDGETS[autonomy]  # type: ignore[index]
    said = [await try_to_say(pair.low, pair, "hi") for _ in range(budget.amount.messages + 1)]
    assert said == ["queued"] * budget.amount.messages + ["awaiting_approval"]
    restarted(pair.low)
    assert await try_to_say(pair.low, pair, "hi") == "awaiting_approval"
    await pair.later(budget.seconds + 1)
    assert await try_to_say(pair.low, pair, "hi") == "queued"


async def test_one_large_message_uses_up_the_tokens(pair: Pair) -> None:
    await befriend(pair, "bounded")
    assert await try_to_say(pair.low, pair, "x" * 31_000) == "queued"
    assert await try_to_say(pair.low, pair, "x" * 2_000) == "awaiting_approval"
    assert await try_to_say(pair.low, pair, "x" * 900) == "queued"


async def test_who_is_free_is_not_counted(pair: Pair) -> None:
    await befriend(pair, "free")
    said = [await try_to_say(pair.low, pair, "hi") for _ in range(20)]
    assert said == ["queued"] * 20


async def test_a_clock_that_jumps_gives_no_second_budget(pair: Pair) -> None:
    await befriend(pair, "bounded")
    pair.clock.jump(400 * 86400.0)
    for _ in range(3):
        assert await try_to_say(pair.low, pair, "hi") == "queued"
    pair.clock.jump(-400 * 86400.0)
    assert await try_to_say(pair.low, pair, "hi") == "awaiting_approval"


async def test_a_message_that_came_to_nothing_is_not_given_back(pair: Pair) -> None:
    await befriend(pair, "bounded")
    pair.high.policy = Policy(blocklist=frozenset({pair.low.amid}))
    for _ in range(3):
        await try_to_say(pair.low, pair, "hi")
        await pair.settle()
    assert await try_to_say(pair.low, pair, "hi") == "awaiting_approval"


async def test_the_owners_word_on_a_contact_comes_before_the_policy(pair: Pair) -> None:
    await befriend(pair, "free")
    row = await pair.low.peers.row(pair.high.amid)
    assert autonomy_of(row, Policy()) == "free"
    row = await pair.low.peers.let_do(pair.high.amid, "")
    assert autonomy_of(row, Policy()) == "notify-only"
    assert autonomy_of(None, Policy(consent="policy")) == "extended"


async def test_nothing_is_sent_while_a_key_is_in_doubt(pair: Pair) -> None:
    await befriend(pair, "free")
    await pair.low.consent.key_changes.suspect(pair.high.amid, Refused("suites_rolled_back"))
    with pytest.raises(TrustError) as caught:
        await pair.low.say(pair.high, "hi")
    assert caught.value.code == "key_changed"


async def _many_at_once(autonomy: str, sizes: list[int]) -> None:
    async with node_pair() as pair:
        await befriend(pair, autonomy)
        budget = BUDGETS[autonomy].amount  # type: ignore[index]

        async def one(size: int) -> Fate | None:
            body = Body("text", b'"' + b"x" * (size - 2) + b'"')
            try:
                (fate,) = await pair.low.outbox.say(pair.high.amid, [body], CHAT, impulse="peer")
            except Refused:
                return None
            return fate

        fates = await asyncio.gather(*(one(size) for size in sizes))
        await pair.settle()
        sent = [
            size
            for size, fate in zip(sizes, fates, strict=True)
            if fate is not None and fate.reason != approvals.AWAITING
        ]
        assert len(sent) <= budget.messages
        assert sum(sent) <= budget.bytes
        assert sum(-(-size // 4) for size in sent) <= budget.tokens
        assert len(await pair.high.texts()) == len(sent)
        outcomes = Counter("none" if fate is None else fate.reason for fate in fates)
        assert outcomes[approvals.AWAITING] <= 5
        if sum(sizes) <= min(budget.bytes, 4 * budget.tokens - 4 * len(sizes)):
            assert len(sent) == min(len(sizes), budget.messages)


@settings(max_examples=60)
@given(
    st.sampled_from(["notify-only", "draft", "bounded", "extended"]),
    st.lists(st.sampled_from([10, 400, 9_000, 60_000]), min_size=1, max_size=40),
)
def test_no_budget_is_exceeded_however_many_are_sent_at_once(
    autonomy: str, sizes: list[int]
) -> None:
    asyncio.run(_many_at_once(autonomy, sizes))
