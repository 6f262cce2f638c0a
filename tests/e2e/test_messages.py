"""What messages say, through the command line: schemas, capabilities, costs, progress."""

import json
from pathlib import Path

from tests.support.mesh import Agent, Answer, Mesh, eventually

WAIT = ("--wait", "60")
REQUEST = ("--type", "request_response")
SEARCH = {
    "schema": "travel/flight-search/v1",
    "intent": "travel/flights",
    "parameters": {"origin": "Oslo", "destination": 7},
}
RHYME = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "$id": "x-acme/rhyme/v1",
    "type": "object",
    "required": ["lines"],
    "properties": {"lines": {"type": "array", "minItems": 2}},
}


def first(agent: Agent) -> Answer:
    found: Answer = eventually(lambda: agent.ask("inbox", "--unread", "--wait", "5")["messages"])[0]
    return found


def test_a_strict_reader_says_all_that_is_wrong_and_a_lenient_one_shows_it(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    bob.ask("policy", "set", "validation_mode", "strict")
    told = alice.ask("send", "bob", json.dumps(SEARCH), *REQUEST, *WAIT)
    assert told["outcome"] == "consumed"
    assert (told["reply"]["type"], told["reply"]["payload"]["code"]) == (
        "error",
        "schema_validation_failed",
    )
    problems = told["reply"]["payload"]["details"]["problems"]
    assert len(problems) > 1, "all of them, not the first"
    for problem in problems:
        assert problem["path"].startswith("$")
        assert problem["message"]
        assert problem["schema"] == "travel/flight-search/v1"
    assert bob.messages() == []

    bob.ask("policy", "set", "validation_mode", "warning")
    alice.ask("send", "bob", json.dumps(SEARCH), *REQUEST)
    shown = first(bob)
    assert shown["payload"]["parameters"]["origin"] == "Oslo"
    assert shown["schema_problems"] == problems


def test_a_type_that_nobody_knows_is_data_with_a_name(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.ask("send", "bob", '{"celsius": -3}', "--message-type", "x-weather/report", *WAIT)
    shown = first(bob)
    assert (shown["type"], shown["payload"]) == ("x-weather/report", {"celsius": -3})


def test_a_schema_of_ones_own_is_kept_and_checked_by(mesh: Mesh, tmp_path: Path) -> None:
    alice, bob = mesh.friends("alice", "bob")
    path = tmp_path / "rhyme.json"
    path.write_text(json.dumps(RHYME))
    assert bob.ask("schemas", "add", path)["id"] == "x-acme/rhyme/v1"
    bob.down()
    bob.up()
    kept = {it["id"]: it["origin"] for it in bob.ask("schemas", "list")["schemas"]}
    assert len(kept) == 10
    assert kept["x-acme/rhyme/v1"] != kept["travel/flight-search/v1"]
    bob.ask("schemas", "publish", "x-acme/rhyme/v1")
    assert alice.ask("schemas", "fetch", "x-acme/rhyme/v1")["author"] == bob.amid
    poem = {"schema": "x-acme/rhyme/v1", "lines": ["roses are red"]}
    alice.ask("send", "bob", json.dumps(poem), "--message-type", "x-acme/poem", *WAIT)
    (problem,) = first(bob)["schema_problems"]
    assert (problem["path"], problem["schema"]) == ("$.lines", "x-acme/rhyme/v1")


def test_who_lacks_what_is_required_is_told_nothing_else(mesh: Mesh) -> None:
    alice = mesh.agent("alice")
    bob = mesh.agent("bob", "--capability", "travel/trains")
    bob.ask("policy", "set", "consent", "policy")
    lacks = ("send", bob.amid, "beam me up", "--require", "x-acme/teleport", *WAIT)
    assert alice.fails(5, *lacks)["code"] == "capability_not_supported"
    assert bob.messages() == []
    alice.ask("send", bob.amid, "a train, then", "--require", "travel/trains", *WAIT)
    assert bob.texts() == ["a train, then"]
    assert alice.fails(5, *lacks)["code"] == "capability_not_supported", "an open session helps not"


def test_a_request_shows_how_far_it_is_and_what_costs_too_much(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    asked = alice.ask(
        *("send", "bob", '{"seats": 2}', *REQUEST, "--intent", "travel/trains"),
        *("--budget", "50", "EUR", "--max-cost", "60", "--priority", "high"),
    )
    request = first(bob)
    assert request["payload"]["priority"] == "high"
    assert request["payload"]["budget"] == {"amount": 50, "currency": "EUR", "max_cost": 60}
    half = {"progress": 0.5, "phase": "comparing", "estimated_completion_seconds": 4}
    bob.ask("reply", request["message_id"], json.dumps(half), "--message-type", "status", *WAIT)
    told = alice.ask("outcome", asked["message_id"])
    assert told["reply"] is None
    assert (told["progress"]["progress"], told["progress"]["phase"]) == (0.5, "comparing")

    done = {"status": "completed", "results": [], "cost": {"amount": 80, "currency": "EUR"}}
    bob.ask("reply", request["message_id"], json.dumps(done), *WAIT)
    reply = eventually(lambda: alice.ask("outcome", asked["message_id"])["reply"])
    assert reply["warnings"]
    eventually(lambda: not alice.ask("sessions")["sessions"])
