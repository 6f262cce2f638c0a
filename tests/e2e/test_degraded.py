"""Suites below the floor with real daemons: nothing flows until both owners say so by name."""

import json

from tests.support.mesh import Agent, Mesh, eventually


def speaks_only(agent: Agent, suite: str) -> None:
    """Let the owner write down that an agent speaks this suite only."""
    agent.down()
    path = agent.home / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "suites": [suite]}))
    agent.up()


def weak_pair(mesh: Mesh, suite: str) -> tuple[Agent, Agent]:
    """Return Alice, and Bob who speaks a weak suite only; both are contacts."""
    alice, bob = mesh.agent(f"alice-{suite}"), mesh.agent(f"bob-{suite}")
    speaks_only(bob, suite)
    alice.ask("contacts", "add", bob.amid, "--alias", "bob")
    bob.ask("contacts", "add", alice.amid, "--alias", "alice")
    return alice, bob


def test_without_both_owners_word_nothing_flows_and_the_error_says_what_to_do(mesh: Mesh) -> None:
    alice, bob = weak_pair(mesh, "x3dh-only.v1")
    error = alice.fails(5, "send", "bob", "hello", "--wait", "60")
    assert error["code"] == "suite_degraded"
    assert "agentmesh contacts allow-degraded" in error["hint"]

    alice.ask("contacts", "allow-degraded", "bob")
    error = alice.fails(5, "send", "bob", "hello", "--wait", "60")
    assert error["code"] == "suite_degraded"
    assert "owner has to permit" in error["hint"]
    assert bob.messages() == []

    bob.ask("contacts", "allow-degraded", "alice", "--suite", "x3dh-only.v1")
    sent = alice.ask("send", "bob", "hello", "--wait", "60")
    assert sent["outcome"] == "delivered"
    (message,) = bob.messages()
    replied = bob.ask("reply", message["message_id"], "hi", "--wait", "60")
    assert replied["outcome"] == "delivered"

    for agent in (alice, bob):
        (session,) = agent.ask("sessions")["sessions"]
        assert (session["suite"], session["degraded"]) == ("x3dh-only.v1", True)
        warnings = agent.ask("status")["warnings"]
        assert any("x3dh-only.v1" in warning for warning in warnings), warnings
        (contact,) = agent.ask("contacts")["contacts"]
        assert "x3dh-only.v1" in contact["degraded_allowed"]
        shown = agent.ask("transcripts", "show", session["session_id"])["entries"]
        assert (shown[0]["kind"], shown[0]["type"]) == ("opened", "x3dh-only.v1")
    assert "degraded: x3dh-only.v1" in alice.spawn("sessions").communicate()[0]

    ended = bob.ask("contacts", "allow-degraded", "alice", "--never")
    assert ended["sessions_ended"] == 1
    eventually(lambda: not alice.ask("sessions")["sessions"])
    assert alice.fails(5, "send", "bob", "again", "--wait", "60")["code"] == "suite_degraded"


def test_olm_carries_words_over_restarts_of_both_daemons(mesh: Mesh) -> None:
    alice, bob = weak_pair(mesh, "olm.v1")
    alice.ask("contacts", "allow-degraded", "bob")
    bob.ask("contacts", "allow-degraded", "alice")
    assert alice.ask("send", "bob", "one", "--wait", "60")["outcome"] == "delivered"
    for agent in (alice, bob):
        agent.down()
        agent.up()
    assert bob.ask("send", "alice", "two", "--wait", "60")["outcome"] == "delivered"
    assert alice.ask("send", "bob", "three", "--wait", "60")["outcome"] == "delivered"
    (session,) = alice.ask("sessions")["sessions"]
    assert (session["suite"], session["degraded"]) == ("olm.v1", True)
    assert len(bob.messages()) == 2


def test_a_peer_that_spoke_the_floor_is_held_to_it_until_the_owner_names_less(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice-pinned"), mesh.agent("bob-pinned")
    alice.ask("contacts", "add", bob.amid, "--alias", "bob")
    bob.ask("contacts", "add", alice.amid, "--alias", "alice")
    alice.ask("contacts", "allow-degraded", "bob")
    bob.ask("contacts", "allow-degraded", "alice")
    assert alice.ask("send", "bob", "one", "--wait", "60")["outcome"] == "delivered"
    (session,) = alice.ask("sessions")["sessions"]
    assert (session["suite"], session["degraded"]) == ("pqxdh-dr.v1", False)

    alice.ask("kill", session["session_id"])
    speaks_only(bob, "x3dh-only.v1")
    error = alice.fails(5, "send", "bob", "two", "--wait", "60")
    assert error["code"] == "suite_pinned"
    assert alice.fails(2, "contacts", "allow-degraded", "bob")["code"] == "suite_pinned"
    for agent, peer in ((alice, "bob"), (bob, "alice")):
        agent.ask("contacts", "allow-degraded", peer, "--suite", "x3dh-only.v1")
    assert alice.ask("send", "bob", "three", "--wait", "60")["outcome"] == "delivered"
