"""The order of the questions, and what nobody may learn from it."""

from hypothesis import given
from msgspec.structs import replace

from agentmesh.policy import checks
from agentmesh.policy.document import Policy, RateLimit
from agentmesh.policy.facts import KnockFacts
from agentmesh.policy.pipeline import CHECKS, decide, decide_again
from agentmesh.policy.verdict import SAID, Verdict, allow, ask_owner, refuse
from agentmesh.protocol.frames import Intent
from tests.unit.policy.facts_strategy import FACTS, OTHER, PEER

WORST = KnockFacts(
    peer=PEER,
    intent=Intent(category="spam"),
    is_signature_valid=False,
    is_replayed=True,
    is_blocked=True,
    is_paused=True,
    certificate="revoked",
    record="absent",
    reputation=0.1,
    knocks_last_minute=100,
    open_sessions=100,
    policy=Policy(
        accept_tiers=frozenset({1.5}),
        accepted_intents=frozenset({"travel"}),
        strict_mode=True,
        min_reputation=0.9,
        rate_limit=RateLimit(knocks_per_minute=1),
        max_concurrent_sessions=1,
    ),
)
# What is put right, one by one, and the reason that comes to light.
REPAIRS = [
    ({}, "invalid_signature"),
    ({"is_signature_valid": True}, "replayed"),
    ({"is_replayed": False}, "blocked"),
    ({"is_blocked": False}, "paused"),
    ({"is_paused": False}, "certificate_revoked"),
    ({"certificate": "valid"}, "sender_not_found"),
    ({"record": "found"}, "insufficient_trust"),
    ({"tier": 1.5}, "rate_limited"),
    ({"knocks_last_minute": 1}, "intent_not_accepted"),
    ({"intent": Intent(category="travel")}, "not_in_allowlist"),
    ({"policy": replace(WORST.policy, strict_mode=False)}, "low_reputation"),
    ({"reputation": 0.9}, "at_capacity"),
    ({"open_sessions": 0}, "awaiting_owner"),
    ({"trust": 1}, "contact"),
]


def test_the_first_question_that_speaks_decides() -> None:
    facts, reasons = WORST, []
    for repair, _ in REPAIRS:
        facts = replace(facts, **repair)
        reasons.append(decide(facts).reason)
    assert reasons == [reason for _, reason in REPAIRS]


def test_silence_is_no_consent() -> None:
    assert decide(WORST, ()) == ask_owner(is_answered=False)


@given(FACTS)
def test_who_is_blocked_learns_nothing_more(facts: KnockFacts) -> None:
    proven = replace(facts, is_signature_valid=True, is_replayed=False, is_blocked=False)
    in_policy = replace(proven.policy, blocklist=proven.policy.blocklist | {proven.peer})
    for blocked in (replace(proven, is_blocked=True), replace(proven, policy=in_policy)):
        assert decide(blocked) == refuse("blocked")
        assert {check(blocked) for check in CHECKS[:3]} == {None, refuse("blocked")}


@given(FACTS)
def test_who_cannot_prove_who_it_is_learns_nothing_at_all(facts: KnockFacts) -> None:
    for unproven in (replace(facts, is_signature_valid=False), replace(facts, is_replayed=True)):
        verdict = decide(unproven)
        assert verdict.decision == "refuse"
        assert not verdict.is_answered


@given(FACTS)
def test_every_other_refusal_is_answered_with_a_standard_reason(facts: KnockFacts) -> None:
    verdict = decide(facts)
    if verdict.decision == "refuse":
        assert verdict.is_answered == (verdict.reason not in {"invalid_signature", "replayed"})
        assert SAID[verdict.reason] == verdict.human_readable


@given(FACTS)
def test_nobody_is_let_in_against_a_check(facts: KnockFacts) -> None:
    refusals = [check(facts) for check in CHECKS if check is not checks.consent]
    if any(refusals):
        assert decide(facts).decision == "refuse"


@given(FACTS)
def test_a_stranger_is_let_in_by_the_owners_word_only(facts: KnockFacts) -> None:
    stranger = replace(
        facts, trust=0, policy=replace(facts.policy, consent="ask", allowlist=frozenset({OTHER}))
    )
    assert decide(replace(stranger, peer=PEER)).decision != "allow"


def test_a_verdict_has_the_words_of_a_reject() -> None:
    assert allow("contact") == Verdict(decision="allow", reason="contact")
    assert set(SAID) == {reason for _, reason in REPAIRS[:-1]} | {
        "invalid_certificate",
        "certificate_expired",
        "identity_revoked",
    }


@given(FACTS, FACTS)
def test_a_knock_of_yesterday_is_decided_as_it_would_be_today(
    facts: KnockFacts, other: KnockFacts
) -> None:
    was_blocked = replace(facts, is_blocked=True)
    assert decide_again(was_blocked, other.policy) == decide(
        replace(facts, is_blocked=False, policy=other.policy)
    )
