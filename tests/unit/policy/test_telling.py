"""What the owner is told about, and what not."""

from typing import get_args

import pytest

from agentmesh.policy.document import NotifyOwner
from agentmesh.policy.telling import SENTENCES, Topic, is_wanted, topic_of

NOTHING = NotifyOwner(
    on_knock_from_unknown=False,
    on_high_value_transaction=False,
    on_approval=False,
    on_file=False,
    on_breaker=False,
    on_error=False,
)


def test_each_topic_has_a_sentence_of_its_own_that_names_a_command() -> None:
    assert set(SENTENCES) == set(get_args(Topic))
    assert len(set(SENTENCES.values())) == len(SENTENCES)
    assert all("agentmesh " in sentence and "{" not in sentence for sentence in SENTENCES.values())


def test_what_happens_all_day_is_told_nobody() -> None:
    for kind in ("message_received", "message_sent", "session_started", "breaker_lifted", "?"):
        assert topic_of(kind) is None


@pytest.mark.parametrize(
    ("kind", "setting"),
    [
        ("knock_pending", "on_knock_from_unknown"),
        ("high_value_transaction", "on_high_value_transaction"),
        ("approval_pending", "on_approval"),
        ("file_asking", "on_file"),
        ("breaker_tripped", "on_breaker"),
        ("breaker_emergency_stop", "on_breaker"),
        ("error", "on_error"),
    ],
)
def test_each_kind_is_told_as_its_own_setting_says(kind: str, setting: str) -> None:
    topic = topic_of(kind)
    assert topic is not None
    assert not is_wanted(topic, NOTHING)
    all_others = {name: name != setting for name in NOTHING.__struct_fields__ if name[:3] == "on_"}
    assert not is_wanted(topic, NotifyOwner(**all_others))  # type: ignore[arg-type]
    assert is_wanted(topic, NotifyOwner(**{setting: True}))  # type: ignore[arg-type]


def test_errors_are_not_told_unless_the_owner_wants_it() -> None:
    told = {topic for topic in get_args(Topic) if is_wanted(topic, NotifyOwner())}
    assert told == set(get_args(Topic)) - {"error"}
