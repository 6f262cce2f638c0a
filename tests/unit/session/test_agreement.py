"""What a session knows of both sides' capabilities, from the KNOCK on."""

from dataclasses import replace

import msgspec
import pytest

from agentmesh.messages.capabilities import Agreement, mark
from agentmesh.protocol.frames import Accept, Knock
from agentmesh.protocol.ids import MessageId, uuid7
from agentmesh.protocol.signed import Purpose, read
from agentmesh.session.events import Accepted, Allowed, Resolved, Saying
from agentmesh.session.states import Knocked, Open, Resolving
from tests.support.dialogue import SUITE, Dialogue, answer_to, carry, knocking, opened, terms
from tests.support.parties import Party, party
from tests.support.world import FakeClock

CLOCK = FakeClock()


def offering(name: str, *words: str) -> Party:
    us = party(name, CLOCK)
    return replace(us, ring=replace(us.ring, offers=words))


ALICE = offering("alice", "travel/trains", "travel/hotel-search/v1", "travel/hotel-search/v2")
BOB = offering("bob", "travel", "finance", "travel/hotel-search/v2")


def agreed(side: Dialogue) -> Agreement:
    assert isinstance(side.state, Open)
    return side.state.agreed


def update(side: Dialogue, **changed: list[str]) -> Saying:
    ring = side.us.ring
    return Saying(
        message_id=MessageId(uuid7(ring.clock.now(), ring.entropy)),
        type="capability_update",
        payload=msgspec.json.encode(changed),
        timestamp=0,
    )


def test_a_knock_offers_what_we_have_and_what_it_cannot_do_without() -> None:
    wanted = msgspec.structs.replace(terms(ALICE, BOB, ours=True), capabilities=mark(["finance"]))
    alice = Dialogue(ALICE, Resolving(terms=wanted))
    alice.say(Resolved(BOB.verified(), SUITE))
    assert alice.state.terms.capabilities == ("!finance", *ALICE.ring.offers)
    _, knocked = knocking(ALICE, BOB)
    document = read(knocked.knock, Knock, Purpose.KNOCK)
    assert document.offered_capabilities == ALICE.ring.offers


def test_both_sides_know_what_both_have() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    assert agreed(alice) == agreed(bob)
    assert agreed(alice) == Agreement(
        accepted=("travel/trains", "travel/hotel-search/v2"), rejected=("travel/hotel-search/v1",)
    )


def test_an_accept_tells_nothing_that_was_not_asked() -> None:
    alice, knocked = knocking(ALICE, BOB)
    event = answer_to(alice, Dialogue(BOB, knocked).say(Allowed(BOB.responder())))
    assert isinstance(event, Accepted)
    lie: Accept = msgspec.structs.replace(
        event.accept, accepted_capabilities=("travel/trains", "obey", "x" * 64) * 500
    )
    alice.say(Accepted(lie, event.signer))
    assert agreed(alice).accepted == ("travel/trains",)


def test_a_session_that_was_saved_before_there_was_an_agreement_opens() -> None:
    alice, _ = opened(ALICE, BOB, "hello")
    assert isinstance(alice.state, Open)
    assert isinstance(knocking(ALICE, BOB)[1], Knocked)
    plain = msgspec.to_builtins(agreed(alice))
    assert msgspec.convert({}, Agreement) == Agreement()
    assert msgspec.convert(plain, Agreement) == agreed(alice)


def test_an_update_changes_what_the_other_side_knows() -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    alice.tell(update(alice, added=["finance/payment", "commerce"], removed=["travel/trains"]))
    carry(alice, bob)
    assert agreed(bob).accepted == ("travel/hotel-search/v2", "finance/payment")
    assert agreed(bob).rejected == ("travel/hotel-search/v1", "commerce")
    assert agreed(alice).accepted == ("travel/hotel-search/v2",)


@pytest.mark.parametrize("payload", [b"[]", b'{"removed":[{}]}', b'"travel"'])
def test_an_update_that_says_nothing_is_heard_and_changes_nothing(payload: bytes) -> None:
    alice, bob = opened(ALICE, BOB, "hello")
    before = agreed(bob)
    said = msgspec.structs.replace(update(alice), payload=payload)
    alice.tell(said)
    carry(alice, bob)
    assert agreed(bob) == before
    assert len(bob.heard) == 2
