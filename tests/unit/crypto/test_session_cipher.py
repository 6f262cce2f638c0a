import os

import pytest

from agentmesh.crypto.session_cipher import SessionCipher
from agentmesh.errors import UsageError
from agentmesh.protocol import frames
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.limits import MAX_PAYLOAD, MAX_SKIPPED, PQ_STEP_SECONDS, SKIPPED_KEY_SECONDS
from agentmesh.protocol.world import Entropy
from tests.support.cipher_dialogue import Dialogue, begun, loaded, saved
from tests.support.crypto_parties import NOON, Party, handshake


def test_a_handshake_leads_to_a_conversation() -> None:
    ours, theirs = handshake(Party.make("alice"), bob := Party.make("bob"))
    session_id = SessionId("s")
    talk = Dialogue(
        (
            SessionCipher.initiator(session_id, ours, os.urandom),
            SessionCipher.responder(session_id, theirs, bob.signed_prekey.private),
        )
    )
    assert talk.to_bob(talk.from_alice(b"one")) == b"one"
    assert talk.to_alice(talk.from_bob(b"two")) == b"two"
    assert talk.to_bob(talk.from_alice(b"three")) == b"three"


def test_the_responder_sends_only_after_it_heard_the_initiator() -> None:
    talk = Dialogue()
    assert talk.alice.can_send
    assert not talk.bob.can_send
    with pytest.raises(UsageError) as caught:
        talk.from_bob()
    assert caught.value.code == "session_not_ready"
    talk.to_bob(talk.from_alice())
    assert talk.bob.can_send


def test_frames_are_heard_in_any_order_and_once() -> None:
    talk = Dialogue()
    sent = [talk.from_alice(bytes([i])) for i in range(5)]
    for i in (3, 0, 4, 2, 1):
        assert talk.to_bob(sent[i]) == bytes([i])
        assert talk.bob_refuses(sent[i]) == "frame_replayed"
    assert talk.bob.gaps == ()


def test_a_frame_of_an_earlier_chain_is_still_heard_and_still_known_as_a_replay() -> None:
    talk = begun()
    late, gone = talk.from_alice(b"late"), talk.from_alice(b"gone")
    talk.to_bob(gone)
    for _ in range(3):
        talk.to_alice(talk.from_bob())
        talk.to_bob(talk.from_alice())
    assert talk.bob_refuses(gone) == "frame_replayed"
    assert talk.to_bob(late) == b"late"
    assert talk.bob_refuses(late) == "frame_replayed"


def test_exactly_a_thousand_frames_may_be_missing() -> None:
    talk = begun()
    for _ in range(MAX_SKIPPED):
        talk.from_alice()
    at_the_bound = talk.from_alice(b"at the bound")
    beyond = talk.from_alice(b"beyond")
    assert talk.bob_refuses(beyond) == "excessive_skip"
    assert talk.to_bob(at_the_bound) == b"at the bound"
    assert talk.to_bob(beyond) == b"beyond"
    talk.from_alice()
    assert talk.bob_refuses(talk.from_alice()) == "excessive_skip"


def test_the_bound_holds_across_chains() -> None:
    talk = begun()
    for _ in range(600):
        talk.from_alice()
    talk.to_alice(talk.from_bob())
    for _ in range(400):
        talk.from_alice()
    at_the_bound, _, beyond = (talk.from_alice() for _ in range(3))
    assert talk.to_bob(at_the_bound) == b"hello"
    assert talk.bob_refuses(beyond) == "excessive_skip"
    assert len(saved(talk.bob)) < 40_000


def test_frames_have_one_of_seven_sizes() -> None:
    talk = begun()
    sizes = set()
    for turn in range(40):
        now = NOON + turn * PQ_STEP_SECONDS
        for size in (0, 1, 256, 1000, 3000, 30_000, MAX_PAYLOAD):
            frame = talk.from_alice(bytes(size), now)
            sizes.add(len(frames.encode(frame)))
            talk.to_bob(frame, now)
        talk.to_alice(talk.from_bob(b"", now), now)
    assert talk.alice.pq.epoch > 10
    assert len(sizes) <= 7


def test_a_message_too_large_is_refused_and_changes_nothing() -> None:
    talk = begun()
    with pytest.raises(UsageError) as caught:
        talk.from_alice(bytes(100_000))
    assert caught.value.code == "message_too_large"
    assert talk.to_bob(talk.from_alice(bytes(92 * 1024))) == bytes(92 * 1024)


def test_skipped_keys_live_seven_days() -> None:
    talk = begun()
    late, later, _ = (talk.from_alice() for _ in range(3))
    talk.to_bob(talk.from_alice())
    end = NOON + SKIPPED_KEY_SECONDS
    assert talk.to_bob(late, end) == b"hello"
    assert talk.bob.gaps
    talk.bob = talk.bob.forget(end + 1)
    assert not talk.bob.gaps
    assert talk.bob_refuses(later, end + 1) == "frame_replayed"
    talk.to_bob(talk.from_alice())


def test_epochs_move_and_their_keys_go_when_nothing_is_missing() -> None:
    talk = begun()
    for turn in range(20):
        now = NOON + turn * PQ_STEP_SECONDS
        talk.to_alice(talk.from_bob(now=now), now)
        talk.to_bob(talk.from_alice(now=now), now)
    assert talk.alice.pq.epoch >= 8
    assert len(talk.alice.pq.keys) <= 3
    assert len(talk.bob.pq.keys) <= 3


def test_a_frame_from_many_epochs_ago_is_still_heard() -> None:
    talk = begun()
    late = talk.from_alice(b"late")
    for turn in range(20):
        now = NOON + turn * PQ_STEP_SECONDS
        talk.to_bob(talk.from_alice(now=now), now)
        talk.to_alice(talk.from_bob(now=now), now)
    assert talk.bob.pq.epoch - late.header.pq.epoch >= 8
    assert talk.to_bob(late) == b"late"
    assert len(talk.bob.pq.keys) <= 3


def test_ratchet_keys_and_nonces_come_from_the_entropy_handed_in() -> None:
    drawn: list[int] = []

    def counting() -> Entropy:
        def draw(size: int) -> bytes:
            drawn.append(size)
            return os.urandom(size)

        return draw

    talk = Dialogue()
    _, frame = talk.alice.seal(b"x", NOON, counting())
    assert drawn == [24]
    drawn.clear()
    talk.bob.open(frame, NOON, counting())
    assert drawn == [32]


def test_a_saved_cipher_goes_on_where_it_was() -> None:
    talk = begun()
    talk.from_alice()
    talk.to_bob(talk.from_alice())
    talk.alice = loaded(saved(talk.alice))
    talk.bob = loaded(saved(talk.bob))
    assert talk.to_alice(talk.from_bob(b"on")) == b"on"
    assert talk.bob == loaded(saved(talk.bob))


def test_a_cipher_never_shows_its_keys() -> None:
    cipher = begun().bob
    shown = repr(cipher)
    for secret in (cipher.ratchet.root, cipher.header_key, cipher.pq.keys[0]):
        assert repr(secret.reveal())[2:-1] not in shown
