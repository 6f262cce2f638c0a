"""What an auditor asks to be shown: each scenario through the command line, read off both logs."""

from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from agentmesh.cli.wiretap import Wiretap
from agentmesh.control.calls import Send
from agentmesh.control.client import Client
from agentmesh.observability.world import SystemClock
from tests.support.mesh import Agent, Answer, Mesh, Service, eventually

WAIT = ("--wait", "60")
KNOCKS = 50
KNOCKS_ACCEPTED = 10
SIZES = 8
MINUTE = 60.0


def facts(agent: Agent, session_id: str = "") -> list[str]:
    """Return the events of a session, or all, as an agent's audit log has them."""
    return [record["event"] for record in _records(agent) if _is_of(record, session_id)]


def reasons(agent: Agent, event: str) -> list[str]:
    return [record["fields"]["reason"] for record in _records(agent) if record["event"] == event]


def _records(agent: Agent) -> list[Answer]:
    return agent.audit()


def _is_of(record: Answer, session_id: str) -> bool:
    return not session_id or record["fields"].get("session_id") == session_id


def open_house(agent: Agent) -> None:
    agent.ask("policy", "set", "consent", "policy")


def test_from_knock_to_close_both_logs_tell_the_same_story(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    sent = alice.ask("send", bob.amid, "hello")
    bob.approve()
    heard = bob.gets("hello")
    bob.ask("reply", heard["message_id"], "hello yourself", *WAIT)
    alice.gets("hello yourself")
    alice.ask("kill", sent["session_id"])
    eventually(lambda: not bob.ask("sessions")["sessions"])

    told = {agent: Counter(facts(agent, sent["session_id"])) for agent in (alice, bob)}
    both = Counter(session_started=1, session_closed=1, message_sent=1, message_received=1)
    expected = {alice: Counter(knock_sent=1), bob: Counter(knock_received=1, knock_accepted=1)}
    for agent in (alice, bob):
        assert expected[agent] + both <= told[agent], told[agent]
    story = [event for event in facts(bob, sent["session_id"]) if event in expected[bob] + both]
    assert story == [
        "knock_received",
        "knock_accepted",
        "session_started",
        "message_received",
        "message_sent",
        "session_closed",
    ]


def test_a_tier_that_is_not_accepted_is_refused_as_insufficient_trust(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    open_house(bob)
    bob.ask("policy", "set", "accept_tiers", "[1, 1.5]")
    assert alice.fails(5, "send", bob.amid, "hello", *WAIT)["code"] == "insufficient_trust"
    assert reasons(bob, "knock_rejected") == ["insufficient_trust"]
    assert "session_started" not in facts(bob) + facts(alice)
    assert bob.messages() == []


def test_who_is_on_the_blocklist_learns_that_and_nothing_more(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    bob.ask("block", alice.amid)
    bob.ask("policy", "set", "accept_tiers", "[1]")
    bob.ask("policy", "set", "rejected_intents", '["communication"]')
    bob.ask("pause")
    assert alice.fails(5, "send", bob.amid, "hello", *WAIT)["code"] == "blocked"
    assert reasons(bob, "knock_rejected") == ["blocked"]
    assert bob.messages() == []


def test_fifty_knocks_in_a_minute_are_rate_limited(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    open_house(bob)
    bob.ask("policy", "set", "rate_limit.knocks_per_minute", KNOCKS_ACCEPTED)
    clock = SystemClock()
    started = clock.monotonic()
    with Client(alice.home) as client:
        for number in range(KNOCKS):
            # Knocks that come together are counted together: these are let in one by one.
            wait = 60 if number < KNOCKS_ACCEPTED else 0
            intent = f"x-spam/offer{number}"
            client.call(Send(to=bob.amid, body=f"offer {number}", intent=intent, wait=wait))
    eventually(lambda: len(reasons(bob, "knock_rejected")) > KNOCKS_ACCEPTED, 40)
    told = Counter(facts(bob))
    assert clock.monotonic() - started < MINUTE, "too slow a machine to tell"
    assert told["knock_accepted"] == KNOCKS_ACCEPTED
    assert set(reasons(bob, "knock_rejected")) == {"rate_limited"}
    assert told["knock_received"] <= KNOCKS
    assert len(bob.messages()) <= KNOCKS_ACCEPTED


def test_a_second_question_needs_no_knock_until_the_policy_changes(mesh: Mesh) -> None:
    alice, bob = mesh.agent("alice"), mesh.agent("bob")
    open_house(bob)

    def ask(text: str) -> str:
        sent = alice.ask("send", bob.amid, text, "--type", "request_response", *WAIT)
        bob.ask("reply", bob.gets(text)["message_id"], f"{text}, indeed", *WAIT)
        alice.gets(f"{text}, indeed")
        return str(sent["session_id"])

    session_id = ask("one")
    assert ask("two") == session_id
    assert facts(alice).count("knock_sent") == facts(bob).count("knock_received") == 1
    assert facts(alice, session_id).count("session_cached") == 1

    bob.ask("policy", "set", "accept_tiers", "[1.5, 2]")
    later = (f"later {number}" for number in count())
    eventually(lambda: ask(next(later)) != session_id)
    assert facts(bob).count("knock_received") == 2


def test_a_message_to_who_is_away_is_stored_and_forwarded_once(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.ask("send", "bob", "before", *WAIT)
    bob.down()
    waiting = alice.ask("send", "bob", "while you were out", "--wait", "1")
    assert (waiting["outcome"], waiting["timed_out"]) == ("queued", True)
    alice.down()  # the relay alone has it now
    bob.up()
    heard = bob.gets("while you were out")
    assert heard["message_id"] == waiting["message_id"]
    alice.up()
    eventually(lambda: alice.status()["outbox"]["pending"] == 0)
    assert bob.texts() == ["before", "while you were out"]


@pytest.fixture
def tapped(mesh: Mesh, tmp_path: Path) -> Iterator[tuple[Wiretap, Agent, Agent]]:
    """Two agents whose way to their relay somebody listens in on."""
    tap = Wiretap()
    dialled = f"ws://127.0.0.1:{tap.port}"
    relay = Service(
        "agentmesh_relay", "127.0.0.1:0", "--data", tmp_path / "relay", "--origin", dialled
    )
    tap.start(("127.0.0.1", int(relay.url.rpartition(":")[2])))
    environment = {**mesh.environment, "AGENTMESH_RELAY_URL": dialled}
    alice, bob = (Agent(tmp_path / name, environment) for name in ("alice", "bob"))
    try:
        for agent in (alice, bob):
            agent.up("--name", agent.name)
            eventually(agent.is_connected)
        yield tap, alice, bob
    finally:
        for agent in (alice, bob):
            agent.down()
        relay.stop()
        tap.close()


def test_what_goes_through_a_relay_is_captured_and_unreadable(
    tapped: tuple[Wiretap, Agent, Agent],
) -> None:
    tap, alice, bob = tapped
    words = ["the-plan-is-blue", "meet-me-at-nine", "yes-at-the-harbour"]
    alice.ask("send", bob.amid, words[0], "--note", words[1])
    bob.approve()
    heard = bob.gets(words[0])
    bob.ask("reply", heard["message_id"], words[2], *WAIT)

    seen = tap.sightings()
    assert {(it.sender, it.to) for it in seen} == {
        (alice.amid, bob.amid),
        (bob.amid, alice.amid),
    }
    assert {"knock", "accept", "message", "receipt"} <= {it.kind for it in seen}
    assert len({it.size for it in seen}) <= SIZES
    assert tap.holds(bob.amid)  # the capture is one: what travels in the clear is found
    for hidden in [*words, "communication", "messaging", "alice", '"text"']:
        assert not tap.holds(hidden), hidden


def test_agents_are_found_by_what_they_can(mesh: Mesh) -> None:
    alice = mesh.agent("alice", "--capability", "creative/poems")
    bob = mesh.agent("bob", "--capability", "creative/poems", "--capability", "x-acme/rhymes")
    carol = mesh.agent("carol", "--capability", "creative/songs")

    def found(*question: str) -> set[str]:
        return {it["amid"] for it in alice.ask("search", *question)["results"]}

    assert found("creative/poems") == {alice.amid, bob.amid}
    assert found("creative") == {alice.amid, bob.amid, carol.amid}
    assert found("x-acme/rhymes") == {bob.amid}
    assert found("creative/poems", "--tier-min", "1") == set()
    assert found("creative/novels") == set()
    assert len(alice.ask("search", "creative", "--limit", "1")["results"]) == 1
    assert alice.ask("search", "creative", "--limit", "1")["total"] == len({alice, bob, carol})


def test_a_session_that_is_killed_is_over_for_both(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    sent = alice.ask("send", "bob", "hello", *WAIT)
    bob.ask("kill", sent["session_id"])
    for agent in (alice, bob):
        eventually(lambda agent=agent: not agent.ask("sessions")["sessions"])
    closed = {}
    for agent in (alice, bob):
        (record,) = (
            it
            for it in _records(agent)
            if it["event"] == "session_closed" and _is_of(it, sent["session_id"])
        )
        closed[agent] = (record["fields"]["reason"], record["fields"]["by_peer"])
    assert closed == {alice: ("killed_by_owner", True), bob: ("killed_by_owner", False)}
    assert "breaker_kill_session" in facts(bob, sent["session_id"])
    assert "breaker_kill_session" not in facts(alice)
