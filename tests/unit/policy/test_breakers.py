"""Each breaker says why it tripped, and how it is lifted."""

from typing import get_args

import pytest

from agentmesh.policy.breakers import Trip, TripKind
from agentmesh.protocol.ids import Amid

BOB = Amid("bob")


@pytest.mark.parametrize("kind", get_args(TripKind))
def test_every_kind_has_its_sentence(kind: TripKind) -> None:
    trip = Trip(kind=kind, peer=BOB, at=1.0, count=21, seconds=60)
    assert trip.why.endswith(".")
    assert "{" not in trip.why


def test_figures_stand_in_the_reason() -> None:
    trip = Trip(kind="loop", peer=BOB, at=1.0, count=21, seconds=60)
    assert trip.why == "Your agent and this peer answered each other 21 times in 60 s."


def test_a_peer_is_resumed_and_a_breaker_for_all_is_lifted_by_its_id() -> None:
    assert Trip(kind="loop", peer=BOB, at=1.0).lift == "agentmesh resume bob"
    assert Trip(kind="loop", peer=BOB, at=1.0).id == "loop:bob"
    assert Trip(kind="burst", at=1.0).lift == "agentmesh breakers lift burst"
