import os

import pytest

from agentmesh.crypto.x3dh_only import X3dhOnlyCipher
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol.frames import NumberedFrame
from agentmesh.protocol.limits import MAX_SKIPPED, X3DH_ONLY_MESSAGES, X3DH_ONLY_SECONDS
from tests.support.cipher_dialogue import loaded, saved
from tests.support.crypto_parties import NOON
from tests.support.suite_pairs import x3dh_pair

END = NOON + X3DH_ONLY_SECONDS


def say(cipher: X3dhOnlyCipher, now: float = NOON) -> tuple[X3dhOnlyCipher, NumberedFrame]:
    return cipher.seal(b"hello", now, os.urandom)


def refusal(cipher: X3dhOnlyCipher, frame: NumberedFrame, now: float = NOON) -> str:
    with pytest.raises(CryptoError) as caught:
        cipher.open(frame, now, os.urandom)
    return caught.value.code


def ours(cipher: X3dhOnlyCipher, now: float = NOON) -> str:
    with pytest.raises(UsageError) as caught:
        say(cipher, now)
    return caught.value.code


def test_messages_go_both_ways_in_any_order() -> None:
    alice, bob = x3dh_pair()
    sent = []
    for _ in range(5):
        alice, frame = say(alice)
        sent.append(frame)
    for place in (3, 0, 4, 2, 1):
        bob, text = bob.open(sent[place], NOON, os.urandom)
        assert text == b"hello"
        assert refusal(bob, sent[place]) == "frame_replayed"
    _, answer = say(bob)
    assert alice.open(answer, NOON, os.urandom)[1] == b"hello"


def test_a_session_lasts_a_day_on_both_sides() -> None:
    alice, bob = x3dh_pair()
    _, frame = say(alice, END - 1)
    assert bob.open(frame, END - 1, os.urandom)[1] == b"hello"
    assert refusal(bob, frame, END) == "session_expired"
    assert alice.is_spent(0, END)
    assert ours(alice, END) == "session_expired"


def test_a_clock_that_jumped_back_ends_it_too() -> None:
    alice, bob = x3dh_pair()
    _, frame = say(alice)
    assert alice.is_spent(0, NOON - 1)
    assert refusal(bob, frame, NOON - 1) == "session_expired"


def test_a_side_says_a_thousand_messages_and_no_more() -> None:
    alice, bob = x3dh_pair()
    for number in range(1, X3DH_ONLY_MESSAGES + 1):
        assert not alice.is_spent(number - 1, NOON)
        alice, frame = say(alice)
        bob, _ = bob.open(frame, NOON, os.urandom)
    assert alice.is_spent(X3DH_ONLY_MESSAGES, NOON)
    assert alice.room(X3DH_ONLY_MESSAGES, X3DH_ONLY_MESSAGES) == 0
    assert ours(alice) == "session_expired"
    # A peer that does not count is refused by the one that does.
    _, beyond = alice.wrapping.seal(b"one more", os.urandom)
    assert refusal(bob, beyond) == "session_expired"


def test_messages_that_share_a_frame_count_one_by_one() -> None:
    alice, _ = x3dh_pair()
    assert alice.is_spent(X3DH_ONLY_MESSAGES, NOON)
    assert alice.room(X3DH_ONLY_MESSAGES - 3, X3DH_ONLY_MESSAGES - 3) == 3


def test_too_many_missing_frames_end_the_session() -> None:
    alice, bob = x3dh_pair()
    for _ in range(MAX_SKIPPED):
        alice, frame = say(alice)
    bob, _ = bob.open(frame, NOON, os.urandom)
    assert len(bob.wrapping.window.missing) == MAX_SKIPPED - 1
    assert len(saved(bob)) < 4000


def test_a_saved_cipher_goes_on_where_it_was() -> None:
    alice, bob = x3dh_pair()
    alice, frame = say(alice)
    bob = loaded(saved(bob.open(frame, NOON, os.urandom)[0]))
    assert isinstance(bob, X3dhOnlyCipher)
    assert refusal(bob, frame) == "frame_replayed"
    _, answer = say(bob)
    assert loaded(saved(alice)).open(answer, NOON, os.urandom)[1] == b"hello"


def test_its_keys_are_never_shown() -> None:
    alice, _ = x3dh_pair()
    assert repr(alice.wrapping.secret.reveal())[2:-1] not in repr(alice)
