"""When two agents only answer each other, and when they do not."""

from hypothesis import given
from hypothesis import strategies as st

from agentmesh.policy.counting import MAX_NAMES
from agentmesh.policy.document import BreakerLimits
from agentmesh.policy.loops import Turns, is_loop
from agentmesh.protocol.ids import Amid

BOB = Amid("bob")
LIMITS = BreakerLimits()


def _turns(count: int, pause: float, answer_after: float = 1.0) -> list[int]:
    turns, seen = Turns(), []
    for number in range(count):
        turns.heard(BOB, number * pause)
        seen.append(turns.said(BOB, number * pause + answer_after, LIMITS))
    return seen


def test_twenty_quick_answers_in_a_minute_are_a_loop() -> None:
    seen = _turns(20, 2.5)
    assert seen == list(range(1, 21))
    assert [is_loop(turns, LIMITS) for turns in seen] == [False] * 19 + [True]


def test_a_conversation_at_the_pace_of_people_is_none() -> None:
    assert max(_turns(500, 8.0)) < LIMITS.loop_turns


def test_answers_that_took_their_time_are_no_turns() -> None:
    assert set(_turns(100, 0.5, answer_after=LIMITS.turn_seconds + 1)) == {0}


@given(st.lists(st.floats(0, 50), max_size=200))
def test_who_only_talks_makes_no_turns(times: list[float]) -> None:
    turns = Turns()
    turns.heard(BOB, 0)
    assert all(turns.said(BOB, at, LIMITS) <= 1 for at in sorted(times))


@given(st.integers(1, 100), st.integers(1, 20))
def test_many_messages_before_an_answer_are_one_turn(heard: int, answers: int) -> None:
    turns = Turns()
    for at in range(heard):
        turns.heard(BOB, at / 100)
    assert max(turns.said(BOB, 2.0, LIMITS) for _ in range(answers)) == 1


def test_each_peer_counts_alone_and_anew_when_told() -> None:
    turns = Turns()
    for name in ("bob", "carol", "bob"):
        turns.heard(Amid(name), 1.0)
        turns.said(Amid(name), 2.0, LIMITS)
    turns.heard(BOB, 3.0)
    assert turns.said(BOB, 4.0, LIMITS) == 3
    turns.forget(BOB)
    assert turns.said(BOB, 5.0, LIMITS) == 0


def test_the_quiet_are_forgotten_first() -> None:
    turns = Turns()
    for number in range(MAX_NAMES + 1):
        turns.heard(Amid(str(number)), 1.0)
    assert turns.said(Amid("0"), 2.0, LIMITS) == 0
    assert turns.said(Amid("1"), 2.0, LIMITS) == 1


def test_a_bound_of_nothing_is_none() -> None:
    assert not is_loop(10_000, BreakerLimits(loop_turns=0))
