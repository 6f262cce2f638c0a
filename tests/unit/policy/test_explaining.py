"""Every check with its facts and its verdict, and which one decides."""

from hypothesis import given

from agentmesh.policy.document import Policy
from agentmesh.policy.explaining import explain
from agentmesh.policy.facts import KnockFacts
from agentmesh.policy.outbound import SEND_CHECKS, SendFacts, SendVerdict
from agentmesh.policy.pipeline import CHECKS, decide
from agentmesh.policy.verdict import ask_owner, refuse
from agentmesh.protocol.frames import Intent
from agentmesh.protocol.ids import Amid
from tests.unit.policy.facts_strategy import FACTS, PEER
from tests.unit.policy.test_pipeline import WORST


@given(FACTS)
def test_an_explanation_decides_as_the_decision_does(facts: KnockFacts) -> None:
    steps = explain(facts, CHECKS)
    assert [step.check for step in steps] == [check.__name__ for check in CHECKS]
    assert [step.verdict for step in steps if step.decides] == [decide(facts)]


def test_an_explanation_shows_what_was_looked_at() -> None:
    facts = KnockFacts(
        peer=PEER,
        intent=Intent(category="travel"),
        policy=Policy(
            accepted_intents=frozenset({"travel", "finance"}),
            blocklist=frozenset(Amid(f"blocked {number}") for number in range(21)),
        ),
    )
    looked_at = {step.check: step.looked_at for step in explain(facts, CHECKS)}
    assert looked_at["blocklist"] == {
        "is_blocked": False,
        "peer": PEER,
        "policy.blocklist": "21 entries",
    }
    assert looked_at["intent"]["policy.accepted_intents"] == ["finance", "travel"]
    assert looked_at["intent"]["intent"]["category"] == "travel"
    assert looked_at["rate"] == {"knocks_last_minute": 1, "policy.rate_limit.knocks_per_minute": 30}
    assert looked_at["consent"] == {
        "is_contact": False,
        "is_allowlisted": False,
        "policy.consent": "ask",
        "policy.answer_awaiting_owner": False,
    }


def test_an_explanation_goes_on_behind_the_check_that_decides() -> None:
    said = {step.check: step.verdict for step in explain(WORST, CHECKS)}
    assert said["capacity"] == refuse("at_capacity", retry_after=300)
    assert said["consent"] == ask_owner(is_answered=False)


def test_what_we_may_send_is_explained_the_same_way() -> None:
    steps = explain(SendFacts(peer=PEER, is_peer_paused=True), SEND_CHECKS)
    assert [step.check for step in steps if step.decides] == ["peer_paused"]
    assert steps[3].verdict == SendVerdict("refuse", "peer_paused")
    assert steps[3].looked_at == {"is_peer_paused": True}
