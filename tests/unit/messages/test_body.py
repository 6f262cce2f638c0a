"""What an agent says becomes the message it meant."""

import pytest

from agentmesh.errors import UsageError
from agentmesh.messages.body import Asking, Body, to_body

OBJECT = {"to": "OSL"}


def test_words_are_a_text_wherever_they_are_said() -> None:
    hello = Body("text", '{"text":"héllo"}'.encode())
    assert to_body("héllo") == hello
    assert to_body("héllo", asking=Asking(intent="travel/flights")) == hello
    assert to_body("héllo", answers=True) == hello
    assert to_body("héllo", kind="text") == hello


def test_an_object_is_data_if_nobody_says_more() -> None:
    assert to_body(OBJECT) == Body("data", b'{"to":"OSL"}')


def test_an_object_that_asks_is_a_request() -> None:
    asked = b'{"intent":"travel/flights","parameters":{"to":"OSL"}}'
    assert to_body(OBJECT, asking=Asking(intent="travel/flights")) == Body("request", asked)


def test_a_request_that_is_written_out_stays_as_it_is() -> None:
    whole = to_body({"intent": "book", "priority": "high"}, asking=Asking(intent="travel/flights"))
    assert whole == Body("request", b'{"intent":"book","priority":"high"}', "high")


def test_an_object_that_answers_is_a_response() -> None:
    answered = b'{"status":"completed","results":{"to":"OSL"}}'
    assert to_body(OBJECT, answers=True) == Body("response", answered)
    assert to_body({"status": "partial"}, answers=True).payload == b'{"status":"partial"}'


def test_an_answer_is_no_question() -> None:
    assert to_body(OBJECT, asking=Asking(intent="travel/flights"), answers=True).type == "response"


def test_a_request_is_told_how_soon_and_for_how_much() -> None:
    asking = Asking(intent="a", priority="urgent", budget={"max_cost": 5})
    said = to_body(OBJECT, asking=asking)
    assert said.priority == "urgent"
    assert b'"priority":"urgent","budget":{"max_cost":5}' in said.payload
    again = to_body({"intent": "b", "priority": "low"}, kind="request", asking=asking)
    assert b'"priority":"urgent"' in again.payload


def test_other_messages_have_a_priority_too_and_no_budget() -> None:
    assert to_body("now!", asking=Asking(priority="high")).priority == "high"
    assert to_body({"priority": "high"}).priority == "normal"
    with pytest.raises(UsageError) as caught:
        to_body("now!", asking=Asking(budget={"amount": 1}))
    assert caught.value.code == "budget_needs_request"


def test_a_type_that_is_named_is_taken() -> None:
    assert to_body(OBJECT, kind="x-acme/trip", answers=True).type == "x-acme/trip"
    assert to_body("now", kind="x-acme/trip") == Body("x-acme/trip", b'"now"')
    assert to_body({"text": "a"}, kind="text") == Body("text", b'{"text":"a"}')


WRONG = {
    "a status without progress": ({"phase": "x"}, "status"),
    "a request of a wrong kind": ({"intent": 3}, "request"),
    "words for a request": ("please", "request"),
    "not a number": ({"a": float("nan")}, ""),
    "half a character": ("\udc80", ""),
    "something JSON has not": ({"a": {1}}, ""),
}


@pytest.mark.parametrize(("said", "kind"), WRONG.values(), ids=WRONG)
def test_what_no_peer_would_take_is_not_sent(said: str | dict[str, object], kind: str) -> None:
    with pytest.raises(UsageError) as caught:
        to_body(said, kind=kind)
    assert caught.value.code == "invalid_message"


def test_an_object_without_end_is_not_sent() -> None:
    deep: dict[str, object] = {}
    for _ in range(100_000):
        deep = {"a": deep}
    with pytest.raises(UsageError, match="cannot be written"):
        to_body(deep)


def test_what_is_too_long_has_another_way() -> None:
    with pytest.raises(UsageError) as caught:
        to_body("x" * 65_536)
    assert caught.value.code == "message_too_large"
    assert "--file" in caught.value.hint


@pytest.mark.parametrize("kind", ["opening", "close", "tombstone", "file_offer"])
def test_an_agent_cannot_speak_for_its_daemon(kind: str) -> None:
    with pytest.raises(UsageError) as caught:
        to_body({}, kind=kind)
    assert caught.value.code == "message_type_reserved"
