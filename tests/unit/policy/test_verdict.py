"""A verdict is a value: what is to be done, and who learns of it."""

from typing import get_args

from agentmesh.policy.verdict import SAID, Reason, ask_owner, ignore, refuse


def test_every_reason_has_words_for_people() -> None:
    assert set(SAID) == set(get_args(Reason))


def test_a_refusal_is_told_and_something_ignored_is_not() -> None:
    assert refuse("rate_limited", retry_after=60).is_answered
    assert refuse("rate_limited", retry_after=60).retry_after_seconds == 60
    assert not ignore("replayed").is_answered
    assert ignore("replayed").decision == "refuse"


def test_a_question_is_told_only_on_request() -> None:
    assert ask_owner(is_answered=True).is_answered
    assert not ask_owner(is_answered=False).is_answered
