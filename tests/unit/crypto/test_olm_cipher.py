import os

import msgspec
import pytest

from agentmesh.crypto.olm.library import LIBOLM, VODOZEMAC
from agentmesh.crypto.olm_cipher import OlmCipher
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol.frames import NumberedFrame, OlmAnswer, OlmKeys
from agentmesh.protocol.limits import MAX_OLM_SKIPPED
from tests.support.cipher_dialogue import loaded, saved
from tests.support.crypto_parties import KNOCK, NOON, fixed_root
from tests.support.suite_pairs import LIBRARIES, PAIRS, olm_library, olm_pair

BOTH = pytest.mark.parametrize(("ours", "theirs"), PAIRS)
ROOT, _ = fixed_root()


def say(cipher: OlmCipher, text: bytes = b"hello") -> tuple[OlmCipher, NumberedFrame]:
    return cipher.seal(text, NOON, os.urandom)


def refusal(cipher: OlmCipher, frame: NumberedFrame) -> str:
    before = saved(cipher)
    with pytest.raises(CryptoError) as caught:
        cipher.open(frame, NOON, os.urandom)
    assert saved(cipher) == before
    return caught.value.code


@BOTH
def test_both_libraries_talk_to_each_other_through_saved_states(ours: str, theirs: str) -> None:
    sides = list(olm_pair(ours, theirs))
    for turn in range(20):
        here, there = turn % 2, 1 - turn % 2
        text = os.urandom(100) + b"\xff\x00"
        after, frame = say(sides[here], text)
        sides[here] = loaded(saved(after))
        after, found = sides[there].open(frame, NOON, os.urandom)
        assert found == text
        sides[there] = loaded(saved(after))
        assert refusal(sides[there], frame) == "frame_replayed"


def test_the_responder_sends_only_after_it_heard_the_initiator() -> None:
    alice, bob = olm_pair(VODOZEMAC, VODOZEMAC)
    assert alice.can_send
    assert not bob.can_send
    with pytest.raises(UsageError):
        say(bob)
    _, frame = say(alice)
    assert bob.open(frame, NOON, os.urandom)[0].can_send


@BOTH
def test_as_many_may_be_missing_as_olm_keeps_keys_for(ours: str, theirs: str) -> None:
    alice, bob = olm_pair(ours, theirs)
    sent = []
    for _ in range(MAX_OLM_SKIPPED + 2):
        alice, frame = say(alice)
        sent.append(frame)
    assert refusal(bob, sent[-1]) == "excessive_skip"
    bob, _ = bob.open(sent[-2], NOON, os.urandom)
    assert bob.room(said=MAX_OLM_SKIPPED, confirmed=0) == 0
    for frame in sent[:-2]:
        bob, text = bob.open(frame, NOON, os.urandom)
        assert text == b"hello"


@BOTH
def test_a_missing_frame_that_olm_has_given_up_ends_the_session(ours: str, theirs: str) -> None:
    alice, bob = olm_pair(ours, theirs)
    alice, first = say(alice)
    bob, _ = bob.open(first, NOON, os.urandom)
    alice, late = say(alice)
    for _ in range(8):  # Olm keeps five chains
        alice, frame = say(alice)
        bob, _ = bob.open(frame, NOON, os.urandom)
        bob, answer = say(bob)
        alice, _ = alice.open(answer, NOON, os.urandom)
    assert refusal(bob, late) == "excessive_skip"


def test_a_thief_of_the_outer_secret_forges_no_word() -> None:
    alice, bob = olm_pair(VODOZEMAC, VODOZEMAC)
    _, stolen = alice.wrapping.seal(b"\x03 not Olm at all", os.urandom)
    assert refusal(bob, stolen) == "message_invalid"
    other, _ = olm_pair(VODOZEMAC, VODOZEMAC)
    _, message = olm_library(VODOZEMAC).encrypt(other.pickle, b"of another session")
    _, stolen = alice.wrapping.seal(message, os.urandom)
    assert refusal(bob, stolen) == "message_invalid"


def test_the_same_words_are_under_other_keys_after_each_change_of_direction() -> None:
    alice, bob = olm_pair(VODOZEMAC, VODOZEMAC)
    alice, frame = say(alice)
    stolen = bob
    bob, _ = bob.open(frame, NOON, os.urandom)
    for _ in range(2):
        bob, answer = say(bob)
        alice, _ = alice.open(answer, NOON, os.urandom)
        alice, frame = say(alice)
        bob, _ = bob.open(frame, NOON, os.urandom)
    late = msgspec.structs.replace(stolen, wrapping=bob.wrapping)
    _, now = say(alice)
    assert refusal(late, now) == "message_invalid"


def answered(name: str = VODOZEMAC) -> tuple[object, OlmAnswer]:
    library = olm_library(name)
    account = library.make_account()
    keys = OlmKeys(account.identity, account.one_time)
    return account, OlmCipher.responder(KNOCK, ROOT, keys, library)[1]


def test_an_answer_to_another_knock_begins_nothing() -> None:
    account, answer = answered()
    _, other = answered()
    elsewhere = msgspec.structs.replace(ROOT, transcript=b"\x99" * 32)
    swapped = msgspec.structs.replace(answer, identity=other.identity)
    for root, said in ((ROOT, other), (elsewhere, answer), (ROOT, swapped)):
        with pytest.raises(CryptoError, match="olm_answer_differs"):
            OlmCipher.initiator(KNOCK, root, account, said)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", LIBRARIES)
def test_keys_of_low_order_are_refused_before_the_library_sees_them(name: str) -> None:
    library = olm_library(name)
    account = library.make_account()
    for keys in (OlmKeys(bytes(32), account.one_time), OlmKeys(account.identity, bytes(32))):
        with pytest.raises(CryptoError, match="point_invalid"):
            OlmCipher.responder(KNOCK, ROOT, keys, library)


@pytest.mark.parametrize("name", [VODOZEMAC, LIBOLM])
def test_a_package_that_has_gone_ends_the_session(
    name: str, request: pytest.FixtureRequest
) -> None:
    alice, bob = olm_pair(name, name)
    _, frame = say(alice)
    request.getfixturevalue("no_olm")
    assert alice.is_spent(0, NOON)
    assert refusal(bob, frame) == "session_expired"
    with pytest.raises(UsageError) as caught:
        say(alice)
    assert caught.value.code == "session_expired"


def test_its_keys_are_never_shown() -> None:
    alice, _ = olm_pair(VODOZEMAC, VODOZEMAC)
    assert alice.pickle.reveal().decode() not in repr(alice)
    assert isinstance(alice.pickle, Secret)
