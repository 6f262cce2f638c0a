"""Types of messages: what they must have, and what may be new."""

from typing import get_args

import msgspec
import pytest

from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.payloads import (
    PAYLOADS,
    CapabilityRequest,
    ClosePayload,
    CloseReason,
    ErrorCode,
    ErrorPayload,
    Opening,
    Priority,
    Request,
    Text,
    Unknown,
    is_reserved,
    parse_payload,
    rank,
)
from agentmesh.protocol.feedback import FeedbackTag
from agentmesh.protocol.signed import Signed

FULL = {
    "request": b'{"intent":"travel/flights","parameters":{"to":"OSL"},"priority":"high",'
    b'"budget":{"amount":5,"currency":"EUR","max_cost":6.5},"response_format":"travel/v1",'
    b'"schema":"travel/flight-search/v1"}',
    "response": b'{"status":"completed","results":[1],"result_count":1,"schema":"travel/v1",'
    b'"cost":{"amount":3,"currency":"EUR"},'
    b'"processing_time_ms":3,"completed_at":"2026-01-31T12:00:00.000Z"}',
    "status": b'{"progress":0.5,"phase":"search","estimated_completion_seconds":4,'
    b'"message":"m","cost":{"amount":0.5}}',
    "error": b'{"code":"rate_limited","message":"later","retry_after_seconds":5,'
    b'"fallback_amid":"x","details":{"a":[1]}}',
    "close": b'{"reason":"completed","summary":"done",'
    b'"reputation_feedback":{"score":1,"tags":["accurate","helpful"]}}',
    "text": b'{"text":"hello"}',
    "tombstone": b"{}",
    "capability_request": b'{"i_need":["a"],"i_offer":["b"],"preferred_schemas":["s"],'
    b'"languages":["en"],"payment_methods":["card"]}',
    "capability_response": b'{"matched":["a"],"unavailable":["b"],"suggested_alternative":"c",'
    b'"agreed_schema":"s","agreed_language":"en","payment_methods":["card"],"warning":"w"}',
    "capability_update": b'{"added":["a"],"removed":["b"]}',
}
WRONG = {
    "a request for nothing": ("request", b"{}", "intent"),
    "a priority of its own": ("request", b'{"intent":"a","priority":"asap"}', "$.priority"),
    "a negative budget": ("request", b'{"intent":"a","budget":{"amount":-1}}', "$.budget.amount"),
    "a response without status": ("response", b"{}", "status"),
    "more than all done": ("status", b'{"progress":1.1}', "$.progress"),
    "an error without a message": ("error", b'{"code":"timeout"}', "message"),
    "a close without reason": ("close", b"{}", "reason"),
    "a tag of its own": (
        "close",
        b'{"reason":"error","reputation_feedback":{"score":1,"tags":["nice"]}}',
        "$.reputation_feedback.tags[0]",
    ),
    "a text that is a number": ("text", b'{"text":1}', "$.text"),
    "an object that is a list": ("text", b"[]", "object"),
    "an opening in JSON": ("opening", b'{"stub":{}}', ""),
}


@pytest.mark.parametrize("kind", PAYLOADS)
def test_every_standard_type_can_say_all_it_has(kind: str) -> None:
    payload = parse_payload(kind, FULL[kind])
    assert isinstance(payload, PAYLOADS[kind])
    assert msgspec.json.decode(msgspec.json.encode(payload)) == msgspec.json.decode(FULL[kind])


@pytest.mark.parametrize(("kind", "payload", "place"), WRONG.values(), ids=WRONG)
def test_a_payload_that_does_not_fit_its_type_is_refused_with_the_place(
    kind: str, payload: bytes, place: str
) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse_payload(kind, payload)
    assert caught.value.code == "payload_malformed"
    assert place in caught.value.message


def test_what_an_error_quotes_of_a_peer_cannot_play_with_a_terminal() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        parse_payload("request", b'{"intent":"a","priority":"\\u001b[2J\\u202e"}')
    assert caught.value.message.isascii()
    assert caught.value.message.isprintable()


def test_an_unknown_type_is_data_and_not_an_error() -> None:
    assert parse_payload("x-acme/dance", b"[1]") == Unknown(type="x-acme/dance", data=[1])


def test_an_unknown_type_is_json_all_the_same() -> None:
    with pytest.raises(RemoteProtocolError, match="a key twice"):
        parse_payload("x-acme/dance", b'{"a":1,"a":2}')


def test_codes_and_reasons_may_be_new() -> None:
    assert parse_payload("close", b'{"reason":"tired"}') == ClosePayload(reason="tired")
    error = parse_payload("error", b'{"code":"tired","message":""}')
    assert error == ErrorPayload(code="tired", message="")


def test_members_that_are_not_listed_do_no_harm() -> None:
    assert parse_payload("text", b'{"text":"a","mood":"fine"}') == Text(text="a")
    assert parse_payload("request", b'{"intent":"a"}') == Request(intent="a")
    assert parse_payload("capability_request", b"{}") == CapabilityRequest()


def test_an_opening_carries_a_signed_stub() -> None:
    opening = Opening(stub=Signed(b"p", b"s", b"g"))
    assert parse_payload("opening", msgspec.msgpack.encode(opening)) == opening


def test_what_daemons_say_to_each_other_is_not_for_agents() -> None:
    reserved = {"opening", "close", "tombstone", "file_offer"}
    assert {kind for kind in {*PAYLOADS, *reserved, "data"} if is_reserved(kind)} == reserved


def test_the_standard_words_are_those_of_the_protocol() -> None:
    assert len(get_args(ErrorCode)) == 21
    assert len(get_args(CloseReason)) == 16
    assert len(get_args(FeedbackTag)) == 10


def test_the_more_urgent_goes_first() -> None:
    assert sorted(get_args(Priority), key=rank) == ["urgent", "high", "normal", "low"]
