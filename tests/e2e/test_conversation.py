"""Two agents meet, talk, restart and go on, through the command line alone."""

import json

from tests.support.mesh import Agent, Mesh, eventually


def test_two_strangers_meet_talk_restart_and_go_on_without_a_second_knock(mesh: Mesh) -> None:
    alice = mesh.agent("alice", "--capability", "travel/trains")
    bob = mesh.agent("bob", "--capability", "travel/flights")

    found = alice.ask("search", "travel/flights")
    assert [(it["amid"], it["name"], it["tier"]) for it in found["results"]] == [
        (bob.amid, "bob", 2)
    ]
    assert found["total"] == 1

    sent = alice.ask("send", bob.amid, "hello", "--note", "we met at the fair")
    assert sent["outcome"] == "queued"
    (knock,) = eventually(bob.knocks)
    assert (knock["from"], knock["verdict"], knock["note"]) == (
        alice.amid,
        "pending",
        "we met at the fair",
    )
    assert bob.messages() == []  # nothing is heard before the owner has said yes

    assert bob.approve()["verdict"] == "accepted"
    first = bob.gets("hello")
    assert (first["from"], first["from_name"]) == (alice.amid, "alice")
    assert (first["verified"], first["trust"]) == (False, 1)

    replied = bob.ask("reply", first["message_id"], "hello yourself", "--wait", 60)
    assert replied["outcome"] in {"delivered", "consumed"}
    assert alice.gets("hello yourself")["session_id"] == sent["session_id"]

    for agent in (alice, bob):
        agent.down()
        agent.up()
    again = alice.ask("send", bob.amid, "still there?", "--wait", 60)
    assert again["outcome"] == "delivered"
    assert again["session_id"] == sent["session_id"]
    assert bob.texts() == ["hello", "still there?"]
    assert [it["id"] for it in bob.knocks("--all")] == [knock["id"]]
    kinds = [record["event"] for record in bob.audit()]
    assert (kinds.count("knock_received"), kinds.count("knock_accepted")) == (1, 1)


def test_a_request_that_waits_gets_its_response(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    question = json.dumps({"intent": "book", "parameters": {"seats": 2}})
    asking = alice.spawn(
        *("send", "bob", question, "--type", "request_response"),
        *("--intent", "travel/flights", "--wait", "60", "--json"),
    )
    request = eventually(lambda: bob.ask("inbox", "--wait", "5")["messages"])[0]
    assert (request["type"], request["payload"]["parameters"]) == ("request", {"seats": 2})

    answer = json.dumps({"status": "completed", "results": [{"price": 99}], "result_count": 1})
    bob.ask("reply", request["message_id"], answer)
    out, _ = asking.communicate(timeout=60)
    told = json.loads(out)
    assert (asking.returncode, told["ok"]) == (0, True)
    assert told["outcome"] in {"delivered", "consumed"}
    assert told["reply"]["type"] == "response"
    assert told["reply"]["payload"]["results"] == [{"price": 99}]


def test_a_message_that_is_read_becomes_consumed(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.ask("send", "bob", "look here")
    got = bob.gets("look here")
    assert bob.ask("read", got["message_id"])["message"]["payload"] == {"text": "look here"}
    assert bob.ask("inbox", "--unread")["messages"] == []
    assert bob.status()["inbox"]["unread"] == 0
    assert len(bob.messages()) == 1


def test_an_offline_peer_gets_its_message_once_though_the_relay_died_meanwhile(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.ask("send", "bob", "before", "--wait", "60")
    bob.down()

    waited = alice.ask("send", "bob", "while you were away", "--wait", "1")
    assert (waited["outcome"], waited["timed_out"]) == ("queued", True)
    assert waited["reason"]
    mesh.relay.stop()
    eventually(lambda: alice.status()["relay"]["state"] != "connected")
    cut_off = alice.ask("send", "bob", "without a relay", "--wait", "1")
    assert (cut_off["outcome"], cut_off["reason"]) == ("queued", "relay_unreachable")
    mesh.relay.start()

    bob.up()
    bob.gets("while you were away")
    bob.gets("without a relay")
    assert bob.texts() == ["before", "while you were away", "without a relay"]
    eventually(lambda: alice.status()["outbox"]["pending"] == 0)
    assert bob.texts() == ["before", "while you were away", "without a relay"]


def test_both_knock_at_the_same_moment_and_one_session_opens(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    sending = [
        alice.spawn("send", bob.amid, "from alice", "--json"),
        bob.spawn("send", alice.amid, "from bob", "--json"),
    ]
    for each in sending:
        each.communicate(timeout=30)
        assert each.returncode == 0
    eventually(lambda: all([_is_heard(alice), _is_heard(bob)]))
    bob.gets("from alice")
    alice.gets("from bob")
    eventually(lambda: _open_sessions(alice) == _open_sessions(bob))
    assert len(_open_sessions(alice)) == 1
    for agent in (alice, bob):
        eventually(lambda agent=agent: agent.status()["outbox"]["pending"] == 0)  # type: ignore[misc]


def test_messages_of_both_sides_keep_their_order(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    numbered = [f"number {number}" for number in range(10)]
    for text in numbered:
        alice.ask("send", "bob", text)
        bob.ask("send", "alice", text)
    alice.gets(numbered[-1])
    bob.gets(numbered[-1])
    assert (alice.texts(), bob.texts()) == (numbered, numbered)


def _is_heard(agent: Agent) -> bool:
    """Whether somebody's words came; who still knocks is let in."""
    if heard := agent.texts() != []:
        return heard
    for knock in agent.knocks():
        agent.run("knocks", "approve", knock["id"])  # it may be decided by now
    return False


def _open_sessions(agent: Agent) -> list[str]:
    sessions = agent.ask("sessions")["sessions"]
    return [it["session_id"] for it in sessions if it["state"] == "open"]
