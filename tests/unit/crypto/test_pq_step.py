import os

import pytest

from agentmesh.crypto import pq_step
from agentmesh.crypto.pq_step import PqRatchet
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError
from agentmesh.protocol.frames import PqHeader
from agentmesh.protocol.limits import MAX_PQ_EPOCHS, PQ_STEP_MESSAGES, PQ_STEP_SECONDS
from tests.support.crypto_parties import NOON

ROOT = Secret(b"\x61" * 32)
LATER = NOON + PQ_STEP_SECONDS


class Talk:
    """Two sides whose frames all arrive, each on a new chain."""

    def __init__(self) -> None:
        self.sides = {
            "a": pq_step.start("initiator", ROOT),
            "b": pq_step.start("responder", ROOT),
        }

    def say(self, who: str, now: float = NOON, *, begins_chain: bool = True) -> PqHeader:
        """One side sends, the other receives; both must hold the same key."""
        other = {"a": "b", "b": "a"}[who]
        header = self.send(who, now, begins_chain=begins_chain)
        self.sides[other], key = self.sides[other].received(header, now)
        assert key == self.sides[who].keys[-1]
        return header

    def send(self, who: str, now: float = NOON, *, begins_chain: bool = True) -> PqHeader:
        self.sides[who], header, key = self.sides[who].next_sending(
            now, os.urandom, begins_chain=begins_chain
        )
        assert key == self.sides[who].key(header.epoch)
        return header


def advanced(state: PqRatchet, epochs: int) -> PqRatchet:
    keys = tuple(Secret(bytes([i % 256]) * 32) for i in range(epochs))
    return PqRatchet(side=state.side, keys=keys, peer_epoch=epochs - 1)


def test_both_begin_in_the_same_epoch() -> None:
    talk = Talk()
    assert talk.say("a") == PqHeader(0)
    assert talk.say("b") == PqHeader(0)


def test_a_step_takes_an_offer_an_answer_and_a_word_that_it_arrived() -> None:
    talk = Talk()
    talk.say("a")
    assert talk.say("a", LATER).public_key is not None
    answer = talk.say("b", LATER)
    assert (answer.epoch, answer.public_key) == (1, None)
    assert answer.ciphertext is not None
    assert talk.say("a", LATER) == PqHeader(1)
    assert talk.say("b", LATER) == PqHeader(1)


def test_sides_take_turns_in_offering() -> None:
    talk = Talk()
    turns = [(who, NOON + turn * PQ_STEP_SECONDS) for turn in range(12) for who in "ab"]
    offered = [who for who, now in turns if talk.say(who, now).public_key]
    assert offered[:4] == ["a", "b", "a", "b"]


def test_a_step_is_due_after_so_many_frames_or_so_much_time_and_not_before() -> None:
    talk = Talk()
    for _ in range(PQ_STEP_MESSAGES):
        assert talk.say("a").public_key is None
    assert talk.say("a").public_key is not None
    talk = Talk()
    talk.say("a")
    assert talk.say("a", LATER - 1).public_key is None
    assert talk.say("a", LATER).public_key is not None


def test_a_clock_that_jumps_back_only_hastens_a_step() -> None:
    talk = Talk()
    talk.say("a")
    assert talk.say("a", NOON - 400 * 86400).public_key is not None
    assert talk.say("b", NOON - 400 * 86400).ciphertext is not None


def test_offer_and_answer_are_repeated_until_they_are_known_to_have_arrived() -> None:
    talk = Talk()
    talk.say("a")
    offer = talk.send("a", LATER)
    assert talk.send("a", LATER).public_key == offer.public_key
    talk.say("a", LATER)
    answer = talk.send("b", LATER)
    again = talk.send("b", LATER, begins_chain=False)
    assert again.ciphertext == answer.ciphertext
    # A frame sent before the answer arrived proves nothing.
    talk.say("b", LATER)
    assert talk.say("b", LATER, begins_chain=False).ciphertext == answer.ciphertext
    talk.say("a", LATER)
    assert talk.say("b", LATER).ciphertext is None


def test_an_answer_waits_for_a_new_chain() -> None:
    talk = Talk()
    talk.say("a")
    talk.say("a", LATER)
    assert talk.say("b", LATER, begins_chain=False).epoch == 0
    assert talk.say("b", LATER, begins_chain=True).epoch == 1


def test_keys_of_earlier_epochs_stay_until_they_are_dropped() -> None:
    talk = Talk()
    talk.say("a")
    old = talk.send("a", LATER)
    for turn in range(1, 4):
        talk.say("a", NOON + turn * PQ_STEP_SECONDS)
        talk.say("b", NOON + turn * PQ_STEP_SECONDS)
    bob = talk.sides["b"]
    assert bob.peer_epoch == 2
    _, key = bob.received(old, LATER)
    assert key == pq_step.start("responder", ROOT).keys[0]
    with pytest.raises(CryptoError, match="message_invalid"):
        bob.without_keys_before(2).received(old, LATER)
    assert bob.without_keys_before(2).epoch == bob.epoch


def test_the_epoch_before_the_peers_last_is_kept_for_its_receipts() -> None:
    state = PqRatchet(side="initiator", keys=(ROOT, ROOT, ROOT), peer_epoch=2)
    assert state.without_keys_before(2).first == 1


def test_an_epoch_the_peer_has_not_reached_is_never_dropped() -> None:
    state = PqRatchet(side="initiator", keys=(ROOT, ROOT), peer_epoch=0)
    assert state.without_keys_before(1) == state


def test_epochs_are_bounded() -> None:
    state = advanced(pq_step.start("initiator", ROOT), MAX_PQ_EPOCHS + 5)
    bounded = state.without_keys_before(0)
    assert len(bounded.keys) == MAX_PQ_EPOCHS
    assert bounded.epoch == state.epoch


@pytest.mark.parametrize(
    "header",
    [
        PqHeader(1),
        PqHeader(1, None, bytes(1088)),
        PqHeader(7),
        PqHeader(0, b"\xff" * 1184),
    ],
)
def test_headers_that_cannot_be_are_refused(header: PqHeader) -> None:
    with pytest.raises(CryptoError):
        pq_step.start("responder", ROOT).received(header, NOON)


def test_an_offer_out_of_turn_is_refused() -> None:
    talk = Talk()
    talk.say("a")
    offer = talk.send("a", LATER)
    with pytest.raises(CryptoError, match="message_invalid"):
        pq_step.start("initiator", ROOT).received(offer, LATER)


def test_a_ciphertext_for_another_key_leads_elsewhere() -> None:
    one, two = Talk(), Talk()
    for talk in (one, two):
        talk.say("a")
        talk.say("a", LATER)
    foreign = two.send("b", LATER)
    _, key = one.sides["a"].received(foreign, LATER)
    assert key != two.sides["b"].keys[-1]


def test_a_step_heals() -> None:
    # A thief of one side's state who reads the wire knows neither private key drawn afterwards.
    talk = Talk()
    talk.say("a")
    thief = talk.sides["b"]
    offer = talk.say("a", LATER)
    talk.say("b", LATER)
    beyond = talk.say("a", LATER)
    thief, _ = thief.received(offer, LATER)
    with pytest.raises(CryptoError):
        thief.received(beyond, LATER)
    # Answering the same offer itself leads the thief to another key.
    thief, _, _ = thief.next_sending(LATER, os.urandom, begins_chain=True)
    assert thief.keys[1] != talk.sides["b"].keys[1]
