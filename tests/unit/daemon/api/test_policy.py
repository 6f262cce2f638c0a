"""The policy explained, tried out and taken back."""

from typing import Any

import pytest

from agentmesh.errors import NotPermitted, Refused, TransportError, UsageError
from tests.unit.daemon.conftest import House


def _decisive(explanation: Any) -> list[str]:
    return [it["check"] for it in explanation["checks"] if it["decides"]]


async def test_an_explanation_names_the_check_that_decides(house: House) -> None:
    low = house.pair.low.amid
    told: Any = await house.ask("policy.explain", peer=low, intent="travel/flights")
    assert (told["knock"]["decision"], told["knock"]["reason"]) == ("allow", "policy")
    assert [it["check"] for it in told["knock"]["checks"]][:3] == [
        "signature",
        "replay",
        "blocklist",
    ]
    assert _decisive(told["knock"]) == ["consent"]
    assert told["registry_reached"] is True
    await house.ask("policy.set", key="rejected_intents", value=["travel"])
    told = await house.ask("policy.explain", peer=low, intent="travel/flights")
    assert _decisive(told["knock"]) == ["intent"]
    await house.ask("block", peer=low)
    told = await house.ask("policy.explain", peer=low)
    assert told["knock"]["reason"] == told["sending"]["reason"] == "blocked"


async def test_an_explanation_names_who_answers_for_the_peer(house: House) -> None:
    low = house.pair.low.amid
    told: Any = await house.ask("policy.explain", peer=low)
    assert told["vouched"] == {
        "tier": 2, "organization": "", "certificate": "none", "expires_at": "",
    }  # fmt: skip
    house.pair.shelf.tiers[low] = (1.5, "Ac\x1b\u202eme")
    told = await house.ask("policy.explain", peer=low)
    assert told["vouched"]["tier"] == 1.5
    assert not {"\x1b", "\u202e"} & set(told["vouched"]["organization"])


async def test_what_our_agent_may_send_is_explained_too(house: House) -> None:
    await house.ask("policy.set", key="default_autonomy", value="draft")
    told: Any = await house.ask("policy.explain", peer=house.pair.low.amid)
    assert told["sending"]["decision"] == "ask_owner"
    assert _decisive(told["sending"]) == ["budget"]
    await house.ask("pause", peer=house.pair.low.amid)
    told = await house.ask("policy.explain", peer=house.pair.low.amid)
    assert told["sending"]["reason"] == "peer_paused"
    assert told["knock"]["reason"] == "paused"


async def test_without_a_registry_a_stranger_would_wait(house: House) -> None:
    house.pair.high.directory.fails_with = TransportError("registry_unreachable")
    told: Any = await house.ask("policy.explain", peer=house.pair.low.amid)
    assert told["registry_reached"] is False
    assert told["knock"]["decision"] == "wait"
    await house.ask("block", peer=house.pair.low.amid)
    told = await house.ask("policy.explain", peer=house.pair.low.amid)
    assert told["knock"]["reason"] == "blocked"


async def test_yesterdays_knocks_are_tried_under_another_policy(house: House) -> None:
    await house.hear()
    tested: Any = await house.ask("policy.test", document='{"consent": "ask"}')
    (knock,) = tested["knocks"]
    assert (knock["then"], knock["now"]) == ("allow: policy", "allow: policy")
    assert knock["tested"] == "ask_owner: awaiting_owner"
    assert (knock["changes"], tested["changed"]) == (True, 1)
    assert (await house.ask("policy.get", key="consent"))["policy"] == "policy"
    same: Any = await house.ask("policy.test", document='{"consent": "policy"}')
    assert same["changed"] == 0


@pytest.mark.parametrize("document", ["", "[]", '{"consnt": 1}', '{"consent": "maybe"}', "{" * 99])
async def test_a_policy_that_is_none_is_not_tried(house: House, document: str) -> None:
    with pytest.raises(UsageError):
        await house.ask("policy.test", document=document)


async def test_what_was_changed_is_listed_and_undone(house: House) -> None:
    await house.ask("policy.set", key="strict_mode", value=True)
    await house.ask("policy.set", key="min_reputation", value=0.5)
    history: Any = await house.ask("policy.history")
    assert [it["changes"] for it in history["versions"]] == [
        ["min_reputation"],
        ["strict_mode"],
        [],
    ]
    assert [it["who"] for it in history["versions"]] == ["owner", "owner", "file"]
    undone: Any = await house.ask("policy.undo")
    assert (undone["policy"]["min_reputation"], undone["policy"]["strict_mode"]) == (0, True)
    undone = await house.ask("policy.undo", to=1)
    assert undone["policy"]["strict_mode"] is False
    history = await house.ask("policy.history")
    assert [it["restores"] for it in history["versions"]] == [1, 2, None, None, None]


async def test_a_policy_is_replaced_whole_unless_another_one_came_before(house: House) -> None:
    await house.ask("policy.set", key="strict_mode", value=True)
    history: Any = await house.ask("policy.history")
    seen = history["versions"][0]["number"]
    replaced: Any = await house.ask("policy.replace", document='{"consent": "ask"}', version=seen)
    assert (replaced["policy"]["consent"], replaced["policy"]["strict_mode"]) == ("ask", False)
    with pytest.raises(Refused) as caught:
        await house.ask("policy.replace", document="{}", version=seen)
    assert caught.value.code == "policy_changed"
    assert (await house.ask("policy.get", key="consent"))["policy"] == "ask"
    assert (await house.ask("policy.replace", document="{}")) == await house.ask("policy.get")


@pytest.mark.parametrize(
    "document",
    ["", "x", "[]", '{"consent": 1}', '{"__proto__": {}}', '{"consent":"ask","consent":"policy"}'],
)
async def test_what_is_no_policy_replaces_nothing(house: House, document: str) -> None:
    before = await house.ask("policy.get")
    with pytest.raises(UsageError):
        await house.ask("policy.replace", document=document)
    assert await house.ask("policy.get") == before


async def test_what_watches_the_agent_is_not_shown_to_it(house: House) -> None:
    told: dict[str, object] = {
        "scrubber_patterns": ["(?i)nightingale-[0-9]"],
        "stop_hook": ["/home/me/unplug"],
        "notify_owner.ntfy": "https://ntfy.example/a-secret-topic",
    }
    for key, value in told.items():
        await house.ask("policy.set", key=key, value=value)
        assert (await house.ask("policy.get", key=key))["policy"] == value
        assert not (await house.ask("policy.get", key=key, permit="agent"))["policy"]
    whole = str(await house.ask("policy.get", permit="agent"))
    assert not any(word in whole for word in ("nightingale", "unplug", "secret-topic"))
    assert (await house.ask("policy.get", key="consent", permit="agent"))["policy"] == "policy"


async def test_an_agent_sets_what_is_delegated_to_it_and_nothing_else(house: House) -> None:
    await house.ask("policy.set", key="delegated_keys", value=["rate_limit"])
    await house.ask("policy.set", key="stop_hook", value=["/usr/bin/true"])
    fewer = {"key": "rate_limit.knocks_per_minute", "value": 3}
    told: Any = await house.ask("policy.set", permit="agent", **fewer)
    assert told["policy"]["rate_limit"]["knocks_per_minute"] == 3
    assert told["policy"]["stop_hook"] == [], "what watches the agent is not shown to it"
    (newest, *_) = (await house.ask("policy.history"))["versions"]
    assert newest["who"] == "agent"
    for key, value in (("consent", "policy"), ("delegated_keys", ["consent"]), ("rate", 3)):
        with pytest.raises(NotPermitted) as caught:
            await house.ask("policy.set", permit="agent", key=key, value=value)
        assert caught.value.code == "owner_only"
    assert (await house.ask("policy.get", key="consent"))["policy"] == "policy"
