"""policy.json: every mistake is named with its place, and nothing is half taken."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import UsageError
from agentmesh.policy.document import NEVER_DELEGATED, NotifyOwner, Policy, RateLimit
from agentmesh.policy.settings import A_LIST, from_value, get, put, read, write
from agentmesh.protocol.ids import amid_of

AMID = amid_of(b"k" * 32)


def test_an_empty_document_is_the_default() -> None:
    assert read(b"{}") == Policy()


def test_what_is_written_can_be_read_again() -> None:
    policy = Policy(
        consent="policy",
        accept_tiers=frozenset({1, 1.5}),
        blocklist=frozenset({AMID}),
        rate_limit=RateLimit(knocks_per_minute=1),
        notify_owner=NotifyOwner(threshold_usd=2.5),
        scrubber_patterns=("hunter[0-9]", "(?i)secret"),
        delegated_keys=frozenset({"rate_limit.knocks_per_minute", "consent"}),
        stop_hook=("systemctl", "stop", "agent"),
    )
    assert read(write(policy)) == policy


def test_every_field_is_shown() -> None:
    text = write(Policy()).decode()
    assert list(json.loads(text)) == [field.name for field in msgspec.structs.fields(Policy)]
    assert '\n  "accept_tiers": [\n    1,\n    1.5,\n    2\n  ],\n' in text
    assert text.endswith("}\n")


def test_names_are_brought_into_their_usual_form() -> None:
    policy = from_value(
        {
            "blocklist": [f"did:agentmesh:{AMID}"],
            "accepted_intents": ["Travel/Flights"],
            "accept_tiers": [2.0, 1],
        }
    )
    assert policy.blocklist == {AMID}
    assert policy.accepted_intents == {"travel/flights"}
    assert '"accept_tiers": [\n    1,\n    2\n  ]' in write(policy).decode()


@pytest.mark.parametrize(
    ("least", "accepted"), [(2, {1, 1.5, 2}), (1, {1, 1.5}), (1.0, {1, 1.5}), (1.5, {1.5})]
)
def test_min_tier_is_short_for_all_tiers_that_rank_as_high(
    least: float, accepted: set[float]
) -> None:
    assert from_value({"min_tier": least}).accept_tiers == accepted
    assert put(Policy(), "min_tier", least).accept_tiers == accepted


UNKNOWN = [
    ({"concent": "ask"}, "'concent'", "`consent`"),
    ({"minTier": 1}, "'minTier'", "`min_tier`"),
    (
        {"rate_limit": {"knock_per_minute": 1}},
        "'rate_limit.knock_per_minute'",
        "`knocks_per_minute`",
    ),
    ({"rate_limit": {"min_tier": 1}}, "'rate_limit.min_tier'", "policy get"),
    ({"qqq": 1}, "'qqq'", "policy get"),
    ({"delegated_keys": ["consnt"]}, "'consnt'", "`consent`"),
]


@pytest.mark.parametrize(("value", "name", "hint"), UNKNOWN)
def test_an_unknown_setting_is_refused_with_the_nearest_name(
    value: dict[str, Any], name: str, hint: str
) -> None:
    with pytest.raises(UsageError) as caught:
        from_value(value)
    assert caught.value.code == "unknown_setting"
    assert name in caught.value.message
    assert hint in caught.value.hint


INVALID = [
    ([], "a policy is a JSON object"),
    ({"consent": "never"}, "consent: invalid enum value 'never'"),
    ({"rate_limit": 3}, "rate_limit: expected `object`, got `int`"),
    ({"rate_limit": {"knocks_per_minute": "3"}}, "rate_limit.knocks_per_minute: expected `int`"),
    (
        {"rate_limit": {"knocks_per_minute": -1}},
        "rate_limit.knocks_per_minute: expected `int` >= 0",
    ),
    ({"min_reputation": 1.5}, "min_reputation: expected `float` <= 1.0"),
    ({"scrubber_patterns": ["a", ""]}, "scrubber_patterns[1]: expected `str` of length >= 1"),
    ({"scrubber_patterns": ["("]}, "scrubber_patterns: '(': missing )"),
    ({"accept_tiers": [3]}, "accept_tiers: there are the tiers 2, 1 and 1.5"),
    ({"min_tier": 3}, "min_tier: there are the tiers"),
    ({"min_tier": True}, "min_tier: there are the tiers"),
    ({"min_tier": "1"}, "min_tier: there are the tiers"),
    ({"min_tier": 1, "accept_tiers": [1]}, "min_tier: give `accept_tiers` or `min_tier`"),
    ({"blocklist": ["bob"]}, "blocklist: 'bob' is not an AMID"),
    ({"allowlist": ["bob"]}, "allowlist: 'bob' is not an AMID"),
    ({"accepted_intents": ["*"]}, "accepted_intents: '*' is no intent"),
    ({"rejected_intents": ["travel/"]}, "rejected_intents: 'travel/' is no intent"),
    *[({"delegated_keys": [key]}, f"`{key}` stays with") for key in sorted(NEVER_DELEGATED)],
]


@pytest.mark.parametrize(("value", "message"), INVALID)
def test_a_wrong_value_is_refused_with_its_place(value: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_value(value)
    assert caught.value.code == "invalid_setting"
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ({"consent": "contacts"}, "It is one of ask, policy."),
        (
            {"files": {"accept": "friends"}},
            "It is one of agent, ask, contacts, everybody, never, trusted.",
        ),
        (
            {"default_autonomy": "high"},
            "It is one of auto, bounded, draft, extended, free, notify-only.",
        ),
        ({"min_reputation": 1.5}, ""),
        ({"scrubber_patterns": ["a", ""]}, ""),
        ({"blocklist": 3}, A_LIST),
    ],
)
def test_where_there_is_a_choice_it_is_named(value: Any, hint: str) -> None:
    with pytest.raises(UsageError) as caught:
        from_value(value)
    assert caught.value.hint == hint


@pytest.mark.parametrize("text", [b"", b"{", b'{"consent":"ask","consent":"policy"}', b"\xff"])
def test_what_is_not_plain_json_is_refused_whole(text: bytes) -> None:
    with pytest.raises(UsageError, match=r"policy\.json") as caught:
        read(text)
    assert caught.value.code == "policy_malformed"


@given(st.binary(max_size=60) | st.dictionaries(st.text(), st.integers()).map(json.dumps))
def test_nothing_but_a_refusal_can_come_of_rubbish(text: bytes | str) -> None:
    try:
        policy = read(text.encode() if isinstance(text, str) else text)
    except UsageError:
        return
    assert policy == Policy()


def test_a_part_can_be_read_by_its_dotted_name() -> None:
    policy = Policy(blocklist=frozenset({AMID}))
    assert get(policy, "rate_limit.knocks_per_minute") == 30
    assert get(policy, "rate_limit") == {"knocks_per_minute": 30, "messages_per_minute": 100}
    assert get(policy, "blocklist") == [AMID]
    assert get(policy) == json.loads(write(policy))


def test_a_part_can_be_set_by_its_dotted_name() -> None:
    policy = Policy(consent="policy")
    assert put(policy, "strict_mode", True) == Policy(consent="policy", strict_mode=True)
    changed = put(policy, "rate_limit.knocks_per_minute", 5)
    assert changed.rate_limit == RateLimit(knocks_per_minute=5)
    assert changed.consent == "policy"
    assert put(changed, "rate_limit", {}) == policy


@pytest.mark.parametrize(
    "key", ["consnt", "rate_limit.knocks", "consent.x", "rate_limit.", ".", "notify_owner..x"]
)
def test_a_name_that_is_none_can_neither_be_read_nor_set(key: str) -> None:
    for attempt in (lambda: get(Policy(), key), lambda: put(Policy(), key, 1)):
        with pytest.raises(UsageError) as caught:
            attempt()
        assert caught.value.code == "unknown_setting"


def test_a_wrong_value_cannot_be_set() -> None:
    for key, value in (("consent", 1), ("min_tier", 7), ("", {})):
        with pytest.raises(UsageError):
            put(Policy(), key, value)
