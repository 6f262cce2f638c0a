"""Each question for itself: whom it refuses, and with which word."""

from typing import Any

import pytest
from msgspec.structs import replace

from agentmesh.policy import checks
from agentmesh.policy.document import Policy, RateLimit
from agentmesh.policy.facts import KnockFacts
from agentmesh.policy.pipeline import Check
from agentmesh.policy.verdict import ask_owner
from agentmesh.protocol.frames import Intent
from tests.unit.policy.facts_strategy import OTHER, PEER

PLAIN = KnockFacts(
    peer=PEER, intent=Intent(category="travel", subcategory="flights"), policy=Policy()
)


def facts(policy: dict[str, Any] | None = None, **changed: Any) -> KnockFacts:
    return replace(PLAIN, policy=Policy(**policy or {}), **changed)


REFUSED = [
    (checks.signature, facts(is_signature_valid=False), "invalid_signature"),
    (checks.replay, facts(is_replayed=True), "replayed"),
    (checks.blocklist, facts(is_blocked=True), "blocked"),
    (checks.blocklist, facts({"blocklist": {PEER}}), "blocked"),
    (checks.pause, facts(is_paused=True), "paused"),
    (checks.pause, facts(presence="dnd"), "paused"),
    (checks.pause, facts({"auto_reject_when_offline": True}, presence="offline"), "paused"),
    (checks.certificate, facts(certificate="invalid"), "invalid_certificate"),
    (checks.certificate, facts(certificate="expired"), "certificate_expired"),
    (checks.certificate, facts(certificate="revoked"), "certificate_revoked"),
    (checks.certificate, facts(certificate="unchecked"), "invalid_certificate"),
    (checks.record, facts(record="absent"), "sender_not_found"),
    (checks.record, facts(record="revoked", trust=3), "identity_revoked"),
    (checks.tier, facts({"accept_tiers": {1, 1.5}}), "insufficient_trust"),
    (checks.tier, facts({"accept_tiers": {1, 2}}, tier=1.5), "insufficient_trust"),
    (checks.rate, facts(knocks_last_minute=31), "rate_limited"),
    (checks.rate, facts({"rate_limit": RateLimit(knocks_per_minute=0)}), "rate_limited"),
    (checks.intent, facts({"accepted_intents": {"finance"}}), "intent_not_accepted"),
    (checks.intent, facts({"accepted_intents": {"travel/hotels"}}), "intent_not_accepted"),
    (checks.intent, facts({"rejected_intents": {"travel"}}), "intent_not_accepted"),
    (checks.intent, facts({"rejected_intents": {"travel/flights"}}), "intent_not_accepted"),
    (
        checks.intent,
        facts({"accepted_intents": {"travel"}, "rejected_intents": {"travel/flights"}}),
        "intent_not_accepted",
    ),
    (checks.allowlist, facts({"strict_mode": True, "allowlist": {OTHER}}), "not_in_allowlist"),
    (checks.allowlist, facts({"strict_mode": True}, trust=3), "not_in_allowlist"),
    (checks.reputation, facts({"min_reputation": 0.6}, reputation=0.5), "low_reputation"),
    (checks.reputation, facts({"min_reputation": 0.1}, reputation=None), "low_reputation"),
    (checks.capacity, facts({"max_concurrent_sessions": 2}, open_sessions=2), "at_capacity"),
]
SILENT = [
    (checks.signature, facts()),
    (checks.replay, facts()),
    (checks.blocklist, facts({"blocklist": {OTHER}})),
    (checks.pause, facts(presence="offline")),
    (checks.pause, facts({"auto_reject_when_offline": True}, presence="away")),
    (checks.certificate, facts(certificate="none")),
    (checks.certificate, facts(certificate="valid")),
    (checks.record, facts(record="found")),
    (checks.record, facts(record="unreachable")),
    (checks.record, facts(record="absent", trust=1)),
    (checks.tier, facts(tier=2.0)),
    (checks.rate, facts(knocks_last_minute=30)),
    (checks.intent, facts()),
    (checks.intent, facts({"accepted_intents": {"travel"}})),
    (checks.intent, facts({"accepted_intents": {"travel/flights"}})),
    (checks.intent, facts({"rejected_intents": {"travel/hotels", "flights"}})),
    (checks.allowlist, facts({"allowlist": {OTHER}})),
    (checks.allowlist, facts({"strict_mode": True, "allowlist": {PEER}})),
    (checks.reputation, facts(reputation=None)),
    (checks.reputation, facts({"min_reputation": 0.5}, reputation=0.5)),
    (checks.capacity, facts({"max_concurrent_sessions": 2}, open_sessions=1)),
]


@pytest.mark.parametrize(("check", "given", "reason"), REFUSED)
def test_a_check_refuses_with_its_reason(check: Check, given: KnockFacts, reason: str) -> None:
    verdict = check(given)
    assert verdict is not None
    assert (verdict.decision, verdict.reason) == ("refuse", reason)
    assert 0 < len(verdict.human_readable) <= 280


@pytest.mark.parametrize(("check", "given"), SILENT)
def test_a_check_that_finds_nothing_is_silent(check: Check, given: KnockFacts) -> None:
    assert check(given) is None


@pytest.mark.parametrize(
    ("given", "decision", "reason"),
    [
        (facts(trust=1), "allow", "contact"),
        (facts({"allowlist": {PEER}}), "allow", "allowlisted"),
        (facts({"consent": "policy"}), "allow", "policy"),
        (facts(trust=0), "ask_owner", "awaiting_owner"),
    ],
)
def test_consent_has_always_an_answer(given: KnockFacts, decision: str, reason: str) -> None:
    verdict = checks.consent(given)
    assert verdict is not None
    assert (verdict.decision, verdict.reason) == (decision, reason)


def test_waiting_for_the_owner_is_told_only_if_the_policy_says_so() -> None:
    assert checks.consent(facts()) == ask_owner(is_answered=False)
    assert checks.consent(facts({"answer_awaiting_owner": True})) == ask_owner(is_answered=True)


@pytest.mark.parametrize(
    ("check", "given", "seconds"),
    [
        (checks.certificate, facts(certificate="unchecked"), 60),
        (checks.certificate, facts(certificate="invalid"), None),
        (checks.rate, facts(knocks_last_minute=31), 60),
        (checks.capacity, facts({"max_concurrent_sessions": 0}), 300),
    ],
)
def test_what_may_pass_later_says_when(
    check: Check, given: KnockFacts, seconds: int | None
) -> None:
    verdict = check(given)
    assert verdict is not None
    assert verdict.retry_after_seconds == seconds


@pytest.mark.parametrize(
    ("category", "subcategory", "names"),
    [
        ("travel", "", {"travel"}),
        ("travel", "flights", {"travel", "travel/flights"}),
        ("x-acme/robots", "arms", {"x-acme", "x-acme/robots", "x-acme/robots/arms"}),
        (" Travel/", "/FLIGHTS", {"travel", "travel/flights"}),
        ("", "", set()),
        ("a/b/c/d/e", "f", {"a", "a/b", "a/b/c", "a/b/c/d"}),
    ],
)
def test_an_intent_is_listed_by_itself_or_by_what_it_is_part_of(
    category: str, subcategory: str, names: set[str]
) -> None:
    assert checks.intent_names(Intent(category=category, subcategory=subcategory)) == names
