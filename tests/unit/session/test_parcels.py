"""Numbers and frames: how messages are put together."""

from agentmesh.protocol.limits import MAX_PARCEL_MESSAGES
from agentmesh.session.effects import Emit, Number
from agentmesh.session.parcels import answered_by, own_saying, send
from tests.support.parties import party
from tests.support.session_kinds import answering, open_state, talking
from tests.support.world import FakeClock

CLOCK = FakeClock()
ALICE, BOB = party("alice", CLOCK), party("bob", CLOCK)


def test_messages_are_numbered_in_their_order_and_share_frames() -> None:
    alice, _ = talking(ALICE, BOB, "conversation", "1")
    sayings = tuple(alice.saying(str(number)) for number in range(MAX_PARCEL_MESSAGES + 1))
    state, effects = send(open_state(alice), sayings, ALICE.ring)
    numbers = [effect for effect in effects if isinstance(effect, Number)]
    assert [name for it in numbers for name, _ in it.messages] == [it.message_id for it in sayings]
    assert [at for it in numbers for _, at in it.messages] == list(range(3, 3 + len(sayings)))
    frames = [effect.frame_id for effect in effects if isinstance(effect, Emit)]
    assert [it.frame_id for it in numbers] == frames
    assert len(frames) == 2
    assert (state.next_sequence, state.said) == (3 + len(sayings), 1 + len(sayings))


def test_what_a_daemon_says_is_no_message_and_its_frame_is_remembered() -> None:
    alice, _ = talking(ALICE, BOB, "conversation", "1")
    before = open_state(alice)
    state, effects = send(before, (own_saying("close", b"{}", ALICE.ring),), ALICE.ring)
    (emit,) = effects
    assert isinstance(emit, Emit)
    assert (((3,), emit.frame_id),) == state.own_frames
    assert state.said == before.said


def test_only_requests_wait_for_an_answer() -> None:
    alice, bob = talking(ALICE, BOB, "request_response", "please")
    (asked,) = open_state(alice).unanswered
    alice.tell(answering(alice, "half", asked, "status"), answering(alice, "so", asked))
    assert open_state(alice).unanswered == (asked,)
    assert open_state(bob).unanswered == ()


def test_how_far_it_has_come_answers_nothing() -> None:
    alice, _ = talking(ALICE, BOB, "conversation", "1")
    name = alice.saying("").message_id
    for kind, answered in (("response", name), ("error", name), ("status", None)):
        assert answered_by(answering(alice, "x", name, kind)) == answered  # type: ignore[arg-type]
