"""What is valid and not wise."""

import msgspec
import pytest

from agentmesh.daemon import prudence
from agentmesh.daemon.config import Settings
from agentmesh.policy.document import Policy


@pytest.mark.parametrize(
    ("relay", "registry", "found"),
    [
        ("ws://127.0.0.1:8765", "http://[::1]:8080", []),
        ("ws://localhost:8765", "http://127.8.8.8:8080", []),
        ("wss://relay.example.org", "https://registry.example.org", []),
        ("ws://10.0.0.1:8765", "https://registry.example.org", ["relay_plain"]),
        ("wss://relay.example.org", "http://registry.example.org", ["registry_plain"]),
    ],
)
def test_an_open_way_is_noticed_unless_it_leaves_no_machine(
    relay: str, registry: str, found: list[str]
) -> None:
    settings = Settings(relay=relay, registry=registry)
    assert [it.id for it in prudence.of_settings(settings)] == found


OPEN = Policy(consent="policy")


@pytest.mark.parametrize(
    "narrower",
    [
        {"consent": "ask"},
        {"strict_mode": True},
        {"accept_tiers": frozenset({1, 1.5})},
        {"min_reputation": 0.3},
    ],
)
def test_an_open_door_is_noticed_and_one_that_anything_holds_is_not(
    narrower: dict[str, object],
) -> None:
    assert [it.id for it in prudence.of_policy(OPEN)] == ["policy_open"]
    assert prudence.of_policy(msgspec.structs.replace(OPEN, **narrower)) == []


def test_leaving_the_floor_out_is_noticed() -> None:
    assert [it.id for it in prudence.of_settings(Settings(suites=("x3dh-only.v1",)))] == [
        "floor_not_offered"
    ]
    assert prudence.of_settings(Settings(suites=("pqxdh-dr.v1",))) == []
