"""Who says no, and what the sender learns of it: the reason, and exit code 5."""

import pytest

from agentmesh.protocol.ids import amid_of
from tests.support.mesh import Agent, Mesh, eventually


def open_house(agent: Agent) -> None:
    """Let everybody in whom no rule keeps out."""
    agent.ask("policy", "set", "consent", "policy")


def refused(sender: Agent, receiver: Agent, *options: str) -> str:
    """Send, be refused, and return the reason."""
    done = sender.run("send", receiver.amid, "let me in", "--wait", "60", *options)
    assert (done.code, done.answer["outcome"]) == (5, "refused"), done
    assert done.answer["message_id"]
    assert done.error["code"] == done.answer["reason"]
    return done.error["code"]


def test_policy_refuses_with_its_reason(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    open_house(bob)
    bob.ask("policy", "set", "accept_tiers", "[1, 1.5]")
    assert refused(alice, bob) == "insufficient_trust"
    bob.ask("policy", "set", "min_tier", "2")

    bob.ask("policy", "set", "rejected_intents", '["finance"]')
    assert refused(alice, bob, "--intent", "finance/loans") == "intent_not_accepted"
    bob.ask("policy", "set", "accepted_intents", '["travel"]')
    assert refused(alice, bob) == "intent_not_accepted"

    bob.ask("policy", "set", "strict_mode", "true")
    assert refused(alice, bob, "--intent", "travel") == "not_in_allowlist"
    bob.ask("policy", "set", "allowlist", f'["{alice.amid}"]')
    welcome = alice.ask("send", bob.amid, "at last", "--intent", "travel", "--wait", "60")
    assert welcome["outcome"] == "delivered"
    assert bob.texts() == ["at last"]

    reasons = [it["reason"] for it in bob.knocks("--all")]
    assert reasons == [
        "",
        "not_in_allowlist",
        "intent_not_accepted",
        "intent_not_accepted",
        "insufficient_trust",
    ]
    rejected = [it for it in bob.audit() if it["event"] == "knock_rejected"]
    assert len(rejected) == 4


def test_a_blocked_peer_is_refused_until_it_is_unblocked(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    open_house(bob)
    alice.ask("send", bob.amid, "hello", "--wait", "60")
    blocked = bob.ask("block", alice.amid)
    assert (blocked["blocked"], blocked["sessions_ended"]) == (True, 1)
    eventually(lambda: not alice.ask("sessions")["sessions"])

    assert refused(alice, bob) == "blocked"
    assert bob.fails(5, "send", alice.amid, "but I may?")["code"] == "blocked"
    assert bob.ask("unblock", alice.amid)["blocked"] is False
    assert alice.ask("send", bob.amid, "again", "--wait", "60")["outcome"] == "delivered"
    assert bob.texts() == ["hello", "again"]


def test_a_pause_keeps_new_sessions_out_and_lets_old_ones_go_on(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.ask("send", "bob", "first", "--wait", "60")
    assert bob.ask("pause")["paused"] is True
    assert bob.status()["paused"] is True
    assert alice.ask("send", "bob", "second", "--wait", "60")["outcome"] == "delivered"
    assert refused(alice, bob, "--intent", "travel") == "paused"
    assert bob.ask("resume")["paused"] is False
    travel = alice.ask("send", "bob", "third", "--intent", "travel", "--wait", "60")
    assert travel["outcome"] == "delivered"


def test_a_denied_knock_looks_like_silence(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    sent = alice.ask("send", bob.amid, "anybody there?")
    (knock,) = eventually(bob.knocks)
    assert bob.ask("knocks", "deny", knock["id"])["knock"]["verdict"] == "dismissed"
    assert bob.knocks() == []

    waited = alice.ask("send", bob.amid, "hello?", "--wait", "1.5")
    assert (waited["outcome"], waited["reason"]) == ("queued", "awaiting_peer")
    (session,) = alice.ask("sessions")["sessions"]
    assert (session["session_id"], session["state"]) == (sent["session_id"], "knocking")
    assert bob.knocks() == bob.messages() == []
    assert bob.fails(2, "knocks", "approve", knock["id"])["code"] == "knock_decided"


def test_a_blocked_knock_blocks_its_sender(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    alice.ask("send", bob.amid, "buy my things")
    (knock,) = eventually(bob.knocks)
    bob.ask("knocks", "block", knock["id"])
    assert bob.ask("policy", "get", "blocklist")["policy"] == [alice.amid]
    assert refused(alice, bob, "--intent", "travel") == "blocked"


def test_both_see_that_a_session_was_killed(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    sent = alice.ask("send", "bob", "hello", "--wait", "60")
    bob.ask("kill", sent["session_id"])
    for agent in (alice, bob):
        eventually(lambda agent=agent: not agent.ask("sessions")["sessions"])
    assert alice.fails(2, "kill", sent["session_id"])["code"] == "session_not_found"
    in_it = alice.fails(2, "send", "bob", "go on", "--session", sent["session_id"])
    assert in_it["code"] == "session_not_found"
    afresh = alice.ask("send", "bob", "go on", "--wait", "60")
    assert afresh["outcome"] == "delivered"
    assert afresh["session_id"] != sent["session_id"]


def test_shutdown_lasts_until_up_and_ends_all_sessions(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.ask("send", "bob", "hello", "--wait", "60")
    ended = bob.ask("shutdown")
    assert (ended["stopped"], ended["sessions_ended"]) == (True, 1)
    eventually(lambda: not alice.ask("sessions")["sessions"])
    assert bob.fails(5, "send", "alice", "no")["code"] == "stopped"
    status = bob.status()
    assert (status["stopped"], status["relay"]["state"]) == (True, "stopped")

    waiting = alice.ask("send", "bob", "are you there?", "--wait", "1")
    assert waiting["outcome"] == "queued"
    assert bob.up()["already_running"] is True
    bob.gets("are you there?")
    assert bob.status()["stopped"] is False


def test_shutdown_survives_a_restart_of_the_process(mesh: Mesh) -> None:
    (bob,) = mesh.friends("bob")
    bob.ask("shutdown")
    bob.down()
    bob.up()
    eventually(bob.is_connected)
    assert bob.status()["stopped"] is False


@pytest.mark.parametrize(
    ("peer", "code"), [("nobody-of-this-name", "unknown_peer"), ("", "invalid_argument")]
)
def test_a_peer_that_is_none_is_said_at_once(lonely: Agent, peer: str, code: str) -> None:
    assert lonely.fails(2, "send", peer, "hello")["code"] == code


def test_nobody_sends_to_itself(lonely: Agent) -> None:
    assert lonely.fails(2, "send", lonely.amid, "me")["code"] == "peer_is_ourselves"
    assert lonely.fails(4, "contacts", "add", lonely.amid)["code"] == "peer_is_ourselves"


def test_an_agent_that_no_registry_knows_is_undeliverable(lonely: Agent) -> None:
    nobody = amid_of(bytes(32))
    done = lonely.run("send", nobody, "hello", "--wait", "60")
    assert (done.code, done.answer["outcome"]) == (5, "undeliverable"), done
    assert done.error["code"] == "agent_not_found"
    assert lonely.ask("sessions")["sessions"] == []


@pytest.fixture(scope="module")
def lonely(mesh: Mesh) -> Agent:
    return mesh.agent("lonely")
