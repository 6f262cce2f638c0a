"""send, reply, inbox, read."""

import pytest

from agentmesh.control import answers, calls
from agentmesh.errors import NeedsOwner
from agentmesh.observability.findings import SET_CLOCK
from tests.support import control_server
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell


def test_send_hands_on_all_that_was_said(mesh: Shell, script: Script) -> None:
    script.answers["send"] = control_server.sent()
    said = mesh(
        "send", "bob", '{"seats": 2}', "--intent", "travel/flights", "--action", "book", "--type",
        "request_response", "--session", "s1", "--wait", "5", "--message-type", "request",
        "--note", "please", "--json",
    )  # fmt: skip
    assert said.document == {
        "ok": True, "message_id": "m2", "session_id": "s1", "outcome": "queued", "reason": "",
        "reply": None,
    }  # fmt: skip
    assert script.asked[0][1] == calls.Send(
        to="bob",
        body={"seats": 2},
        intent="travel/flights",
        action="book",
        type="request_response",
        session_id="s1",
        wait=5,
        message_type="request",
        note="please",
    )


@pytest.mark.parametrize("outcome", ["refused", "undeliverable"])
def test_what_will_not_arrive_is_code_5(mesh: Shell, script: Script, outcome: str) -> None:
    script.answers["send"] = control_server.sent(outcome=outcome, reason="blocked")
    said = mesh("send", "bob", "hello", "--json")
    assert said.code == 5
    assert said.document["error"]["code"] == "blocked"
    assert said.document["outcome"] == outcome
    said = mesh("send", "bob", "hello")
    assert (said.code, said.out) == (5, "")
    assert "blocked" in said.err


def test_waiting_for_the_owner_is_code_9(mesh: Shell, script: Script) -> None:
    script.answers["send"] = NeedsOwner("awaiting_owner", "The owner must look.")
    assert mesh("send", "bob", "hello").code == 9


def test_a_reply_is_shown_under_its_outcome(mesh: Shell, script: Script) -> None:
    script.answers["reply"] = control_server.sent(
        outcome="consumed", reply=control_server.message()
    )
    said = mesh("reply", "m1", "yes", "--wait", "5")
    assert said.out.startswith("consumed  m2\nm1  ")
    assert "  hello" in said.out
    assert script.asked[0][1] == calls.Reply(message_id="m1", body="yes", wait=5)


def test_time_that_is_over_is_a_note(mesh: Shell, script: Script) -> None:
    script.answers["send"] = control_server.sent(timed_out=True, reason="peer_offline")
    said = mesh("send", "bob", "hello", "--wait", "1")
    assert said.code == 0
    assert said.out == "queued: peer offline  m2\n"
    assert "time is over" in said.err
    assert mesh("send", "bob", "hello", "--json").document["timed_out"] is True


def test_a_wrong_clock_is_named_with_what_to_do(mesh: Shell, script: Script) -> None:
    script.answers["outcome"] = control_server.sent(reason="clock_wrong")
    said = mesh("outcome", "m2")
    assert said.out == "queued: clock wrong  m2\n"
    assert "The clock of this machine is wrong" in said.err
    assert SET_CLOCK in said.err


def test_the_inbox_has_the_keys_of_the_contract(mesh: Shell, script: Script) -> None:
    script.answers["inbox"] = answers.Inbox(messages=[control_server.message()])
    said = mesh("inbox", "--unread", "--from", "bob", "--limit", "3", "--wait", "2", "--json")
    assert said.document["messages"] == [
        {
            "message_id": "m1", "session_id": "s1", "from": BOB, "from_name": "bob",
            "verified": False, "trust": 1, "received_at": "2026-01-31T12:00:00.000Z",
            "type": "text", "payload": {"text": "hello"},
        }
    ]  # fmt: skip
    assert script.asked[0][1] == calls.Inbox(unread=True, sender="bob", limit=3, wait=2)


def test_an_empty_inbox_is_a_sentence(mesh: Shell, script: Script) -> None:
    script.answers["inbox"] = answers.Inbox(messages=[])
    assert mesh("inbox").out == "No messages.\n"


def test_read_shows_the_message(mesh: Shell, script: Script) -> None:
    script.answers["read"] = answers.Consumed(message=control_server.message())
    assert "hello" in mesh("read", "m1").out
    assert script.asked[0][1] == calls.Read(message_id="m1")


def test_a_text_that_is_too_long_is_not_even_asked(mesh: Shell, script: Script) -> None:
    assert mesh("send", "bob", "x" * 70_000, "--json").document["error"]["code"] == "text_too_long"
    assert script.asked == []
