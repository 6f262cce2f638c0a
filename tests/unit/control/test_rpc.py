"""JSON-RPC lines."""

import json

import pytest

from agentmesh.control import answers, calls, rpc
from agentmesh.errors import IntegrityError, Refused


def test_a_request_is_read_as_it_was_written() -> None:
    line = rpc.call_line(7, "send", calls.Send(to="bob", body="hello"))
    call = rpc.read_call(line)
    assert (call.id, call.method) == (7, "send")
    assert json.loads(bytes(call.params)) == {"to": "bob", "body": "hello"}


def test_an_answer_is_read_as_it_was_written() -> None:
    line = rpc.read_line(rpc.answer_line(7, answers.Killed(session_id="s")))
    assert rpc.answers(line, 7)
    assert not rpc.answers(line, 8)
    assert rpc.read_answer(rpc.result_of(line), answers.Killed).session_id == "s"


def test_an_error_is_raised_where_its_answer_was_wanted() -> None:
    with pytest.raises(Refused):
        rpc.result_of(rpc.read_line(rpc.error_line(7, Refused("blocked"))))


def test_an_event_is_nobodys_answer() -> None:
    event = answers.Event(kind="paused", at="")
    assert not rpc.answers(rpc.read_line(rpc.event_line(event)), 1)


def test_a_failure_under_no_id_concerns_everybody() -> None:
    failure = rpc.NotACall(-32600, "No.").failure
    assert rpc.answers(rpc.read_line(rpc.failure_line(None, failure)), 5)


def test_a_line_that_says_neither_is_not_ours() -> None:
    with pytest.raises(IntegrityError):
        rpc.result_of(rpc.read_line(b'{"id": 7}'))
