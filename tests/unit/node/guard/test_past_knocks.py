"""The KNOCKs of the last day, with the facts of their moment."""

import pytest

from agentmesh.errors import StorageError
from agentmesh.node.guard import past_knocks
from agentmesh.node.guard.past_knocks import DAY
from agentmesh.policy.document import Policy
from agentmesh.policy.pipeline import decide_again
from tests.support.node_pair import Pair
from tests.support.stores import NOW


async def test_a_knock_is_kept_as_it_was_decided_on(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    (past,) = await pair.high.gatekeeper.past.of_the_last_day()
    assert (past.knock_id, past.at) == (said.session_id, pair.clock.now())
    assert (past.facts.peer, past.verdict.reason) == (pair.low.amid, "policy")
    assert past.facts.policy == Policy()
    blocked = Policy(blocklist=frozenset({pair.low.amid}))
    assert decide_again(past.facts, blocked).reason == "blocked"


async def test_after_a_day_it_is_forgotten(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.clock.advance(DAY)
    assert await pair.high.gatekeeper.past.of_the_last_day() == []
    await pair.high.store.clean(pair.clock.now() + 1)
    assert await pair.high.store.cards(past_knocks.DRAWER) == []


async def test_the_oldest_gives_way(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past_knocks, "MAX_KEPT", 2)
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (first,) = await pair.high.gatekeeper.past.of_the_last_day()
    for name in ("a", "b", "b"):
        pair.clock.advance(1)
        await pair.high.gatekeeper.past.remember(name, first.facts, first.verdict)  # type: ignore[arg-type]
    kept = await pair.high.gatekeeper.past.of_the_last_day()
    assert [past.knock_id for past in kept] == ["a", "b"]


async def test_a_full_disk_keeps_nobody_out(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (past,) = await pair.high.gatekeeper.past.of_the_last_day()

    async def full(_: object) -> None:
        raise StorageError("disk_full")

    pair.high.store.commit = full
    await pair.high.gatekeeper.past.remember(past.knock_id, past.facts, past.verdict)
    del pair.high.store.commit
    assert pair.clock.now() == NOW
