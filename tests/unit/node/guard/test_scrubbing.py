"""An agent's words are looked through with the owner's patterns and our own keys."""

import msgspec
import pytest
from msgspec.structs import replace

from agentmesh.errors import Refused
from agentmesh.messages.body import to_body
from agentmesh.node.guard.scrubbing import Scrubber
from tests.support.node import CHAT
from tests.support.node_pair import Pair


def test_what_holds_no_secret_is_not_marked(pair: Pair) -> None:
    body = to_body("Is there a flight to Lisbon?")
    assert Scrubber(pair.low.hand).marked(body, CHAT) == body


def test_our_own_keys_are_known(pair: Pair) -> None:
    ring = pair.low.hand.keys.ring
    for key in (ring.identity.seed(), ring.exchange_private):
        body = to_body(f"It is {key.reveal().hex()}.")
        assert "own_key" in Scrubber(pair.low.hand).marked(body, CHAT).secrets
        assert "own_key" not in Scrubber(pair.high.hand).marked(body, CHAT).secrets


def test_the_note_of_a_knock_is_looked_through_too(pair: Pair) -> None:
    wish = replace(CHAT, note="password: hunter2")
    assert Scrubber(pair.low.hand).marked(to_body("hi"), wish).secrets == ("password",)


def test_so_is_whatever_else_a_knock_or_an_envelope_says(pair: Pair) -> None:
    token = "AKIAZ7QW3RTY5UIOP2SD"
    scrubber, body = Scrubber(pair.low.hand), to_body("hi")
    intent = replace(CHAT.intent, subcategory=token)
    for wish in (replace(CHAT, requires=("travel", token)), replace(CHAT, intent=intent)):
        assert scrubber.marked(body, wish).secrets == ("token",)
    assert scrubber.marked(replace(body, type=token), CHAT).secrets == ("token",)


def test_a_secret_is_not_searched_for(pair: Pair) -> None:
    scrubber = Scrubber(pair.low.hand)
    scrubber.insist_on_none("travel/flights")
    with pytest.raises(Refused) as refused:
        scrubber.insist_on_none("keys/AKIAZ7QW3RTY5UIOP2SD")
    assert refused.value.code == "secret_found"


def test_the_owners_patterns_count_from_the_moment_they_are_set(pair: Pair) -> None:
    scrubber, body = Scrubber(pair.low.hand), to_body("about Project Nightingale")
    assert scrubber.marked(body, CHAT).secrets == ()
    policy = msgspec.structs.replace(pair.low.policy, scrubber_patterns=("(?i)nightingale",))
    pair.low.policy = policy
    assert scrubber.marked(body, CHAT).secrets == ("owner_pattern",)
