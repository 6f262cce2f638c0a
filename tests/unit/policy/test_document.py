"""The policy's defaults, and what follows from them."""

import pytest

from agentmesh.policy.document import Policy


def test_without_a_word_of_the_owner_a_stranger_waits() -> None:
    policy = Policy()
    assert policy.consent == "ask"
    assert not policy.answer_awaiting_owner
    assert policy.delegated_keys == frozenset()


@pytest.mark.parametrize(
    ("policy", "autonomy"),
    [
        (Policy(), "notify-only"),
        (Policy(consent="policy"), "extended"),
        (Policy(consent="policy", default_autonomy="draft"), "draft"),
    ],
)
def test_a_service_may_do_more_by_itself(policy: Policy, autonomy: str) -> None:
    assert policy.autonomy == autonomy


def test_only_what_is_delegated_is_the_agents_to_set() -> None:
    policy = Policy(
        delegated_keys=frozenset({"rate_limit", "accept_tiers", "notify_owner.on_error"})
    )
    assert policy.delegates("rate_limit")
    assert policy.delegates("rate_limit.knocks_per_minute")
    assert policy.delegates("notify_owner.on_error")
    assert policy.delegates("min_tier")
    assert not policy.delegates("notify_owner")
    assert not policy.delegates("notify_owner.threshold_usd")
    assert not policy.delegates("rate")
    assert not Policy().delegates("min_tier")
