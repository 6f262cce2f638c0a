"""The table of calls."""

import typing

import pytest

from agentmesh.control import answers, calls

KEYS_OF_STATUS = (
    "amid did tier name daemon relay registry sessions inbox outbox knocks prekeys paused "
    "stopped warnings"
)
KEYS_OF_MESSAGE = (
    "message_id session_id from from_name verified trust received_at type payload content"
)
KEYS_OF_FOUND = "amid name tier capabilities status reputation ratings_count flags"


@pytest.mark.parametrize("name", calls.REQUESTS)
def test_the_table_and_the_annotations_name_the_same_answer(name: str) -> None:
    row = calls.REQUESTS[name]
    (base,) = row.request.__orig_bases__
    assert typing.get_args(base) == (row.answer,)
    assert calls.NAMES[row.request] == name


@pytest.mark.parametrize(
    ("answer", "keys"),
    [
        (answers.Status, KEYS_OF_STATUS),
        (answers.Message, KEYS_OF_MESSAGE),
        (answers.Found, KEYS_OF_FOUND),
        (answers.Sent, "message_id session_id outcome reason reply timed_out"),
    ],
)
def test_answers_have_the_keys_of_the_contract(answer: type[answers.Answer], keys: str) -> None:
    assert list(answer.__struct_encode_fields__) == keys.split()


@pytest.mark.parametrize("name", calls.REQUESTS)
def test_every_call_says_what_it_does(name: str) -> None:
    assert calls.REQUESTS[name].request.__doc__


def test_an_agent_decides_nothing_that_is_the_owners() -> None:
    agents = {name for name, row in calls.REQUESTS.items() if row.permit == "agent"}
    assert agents == {
        "hello", "status", "send", "reply", "inbox", "read", "search", "contacts.list",
        "policy.get", "health", "events.subscribe",
    }  # fmt: skip
