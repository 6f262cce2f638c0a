"""Sessions of every kind, through the command line: streams, bounds, ends, first words."""

import os

from agentmesh.control import calls
from agentmesh.control.client import Client
from tests.support.mesh import Agent, Answer, Mesh, eventually

WAIT = ("--wait", "60")
STREAM = ("--type", "stream")
MORE_THAN_THE_WINDOW = 130


def facts(agent: Agent, event: str) -> list[Answer]:
    return [record["fields"] for record in agent.audit() if record["event"] == event]


def killed(agent: Agent) -> None:
    """End a daemon as a power cut would, and start it again."""
    os.kill(agent.pid, 9)
    eventually(lambda: agent.run("status").code == 3)
    agent.up()


def read_all(agent: Agent, known: list[str]) -> list[str]:
    """Read what is unread; return all texts so far, in their order."""
    with Client(agent.home) as client:
        while found := client.call(calls.Inbox(unread=True, limit=100)).messages:
            known += [str(it.payload["text"]) for it in found]
            for message in found:
                client.call(calls.Read(message_id=message.message_id))
    return known


def test_a_stream_goes_on_where_it_was_whoever_is_killed_and_waits_for_its_reader(
    mesh: Mesh,
) -> None:
    alice, bob = mesh.friends("alice", "bob")
    bob.ask("policy", "set", "rate_limit.messages_per_minute", "1000")
    alice.ask("send", "bob", "0", *STREAM, *WAIT)
    with Client(alice.home) as client:
        for number in range(1, MORE_THAN_THE_WINDOW):
            last = client.call(calls.Send(to="bob", body=str(number), type="stream"))
    eventually(lambda: alice.ask("outcome", last.message_id)["reason"] == "peer_is_full")
    assert bob.status()["inbox"]["unread"] < MORE_THAN_THE_WINDOW

    killed(bob)
    killed(alice)
    heard: list[str] = []
    eventually(lambda: len(read_all(bob, heard)) == MORE_THAN_THE_WINDOW, 60)
    assert heard == [str(number) for number in range(MORE_THAN_THE_WINDOW)]
    eventually(lambda: alice.status()["outbox"]["pending"] == 0)
    assert len(facts(bob, "knock_received")) == 1


def test_what_an_owner_sets_for_sessions_is_kept_to_on_both_sides(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    bob.ask("policy", "set", "session_limits.max_message_size_bytes", "2048")
    bob.ask("policy", "set", "session_limits.max_messages", "2")
    first = alice.ask("send", "bob", "one", *WAIT)
    (agreed,) = (it for it in alice.ask("sessions")["sessions"] if it["state"] == "open")
    assert agreed["session_id"] == first["session_id"]
    assert alice.fails(2, "send", "bob", "x" * 3000)["code"] == "message_too_large"
    alice.ask("send", "bob", "two", *WAIT)
    third = alice.ask("send", "bob", "three", *WAIT)
    assert third["outcome"] == "delivered"
    assert bob.texts() == ["one", "two", "three"]
    eventually(lambda: [it["reason"] for it in facts(bob, "session_closed")])
    assert {it["reason"] for it in facts(bob, "session_closed")} == {"capacity_exceeded"}
    assert len(facts(bob, "knock_received")) == 2


def test_a_session_out_of_time_ends_on_both_sides(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    bob.ask("policy", "set", "session_limits.ttl_seconds", "3")
    sent = alice.ask("send", "bob", "hello", *WAIT)
    for agent in (alice, bob):
        eventually(lambda agent=agent: not agent.ask("sessions")["sessions"], 40)
        (end,) = facts(agent, "session_closed")
        assert (end["session_id"], end["reason"]) == (sent["session_id"], "session_expired")
    assert alice.ask("send", "bob", "again", *WAIT)["session_id"] != sent["session_id"]
    assert bob.texts() == ["hello", "again"]


def test_whom_the_owner_trusts_gets_the_first_word_with_the_knock(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.ask("contacts", "trust", "bob", "2")
    bob.down()
    alice.ask("send", "bob", "read this first", "--wait", "1")
    alice.down()  # what the relay has is all there is
    bob.up()
    message = bob.gets("read this first")
    alice.up()
    eventually(lambda: alice.status()["outbox"]["pending"] == 0)
    told = alice.ask("outcome", message["message_id"])
    assert told["outcome"] in {"delivered", "consumed"}
    assert len(bob.messages()) == 1
    assert len(facts(bob, "message_received")) == 1
