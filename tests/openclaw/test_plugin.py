"""The plugin in a real OpenClaw: gateway, daemon, relay and registry, and a scripted model."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from agentmesh.tools.catalog import TOOLS
from tests.openclaw.host import Host
from tests.openclaw.scripted_model import Model
from tests.support.mesh import Agent, Mesh, eventually
from tests.support.processes import ROOT

pytestmark = pytest.mark.timeout(600)


FIXED = {"session_status", "tool_search", "tool_describe", "tool_call"}
"""What the host's smallest profile has, and its ways to look for more of what it allows."""


def advice() -> dict[str, Any]:
    """Return the settings that our paper advises, as they stand there."""
    text = (ROOT / "docs/hosts.md").read_text().partition("### What an agent may do besides")[2]
    settings: dict[str, Any] = json.loads(text.split("```json")[1].split("```")[0])
    return settings


@pytest.fixture(scope="module")
def gateway(host: Host) -> Iterator[ExitStack]:
    """A gateway where no daemon runs; closing this ends it."""
    with ExitStack() as running:
        running.enter_context(host.gateway())
        yield running


@pytest.fixture(scope="module")
def friends(gateway: ExitStack, alice: Agent, mesh: Mesh) -> tuple[Agent, Agent]:
    """Bob may wake Alice's agent, Mallory is nobody to her."""
    eventually(lambda: is_up(alice) and alice.is_connected(), 120)
    bob, mallory = mesh.agent("bob"), mesh.agent("mallory")
    for peer in (bob, mallory):
        peer.ask("contacts", "add", alice.amid)
    alice.ask("policy", "set", "consent", "policy")
    alice.ask("contacts", "add", bob.amid)
    alice.ask("contacts", "autonomy", bob.amid, "extended")
    return bob, mallory


@pytest.fixture(scope="module")
def advised(host: Host, alice: Agent) -> Iterator[None]:
    """A gateway with the settings of our paper, that starts no daemon: Alice did."""
    alice.up()
    host.patch({**advice(), "plugins": daemon_of_the_service(False)})
    with host.gateway():
        yield
    host.patch(
        {
            "bindings": None,
            "agents": {"entries": {"main": {"tools": None}}},
            "plugins": daemon_of_the_service(None),
        }
    )
    alice.down()


def daemon_of_the_service(starts: bool | None) -> dict[str, Any]:
    return {"entries": {"agentmesh": {"config": {"startDaemon": starts}}}}


def is_up(agent: Agent) -> bool:
    return agent.run("status").code == 0


def test_the_plugin_and_its_skill_are_taken(host: Host) -> None:
    host.run("config", "validate")
    skills = json.loads(host.run("skills", "list", "--json"))["skills"]
    (ours,) = (skill for skill in skills if skill["name"] == "agentmesh")
    assert ours["eligible"]


def test_the_gateway_starts_the_daemon_and_serves_every_tool(
    gateway: ExitStack, host: Host, alice: Agent, friends: tuple[Agent, Agent]
) -> None:
    told = host.invoke("mesh_status")
    assert (told["ok"], told["amid"]) == (True, alice.amid)
    for tool in TOOLS:
        assert "ok" in host.invoke(tool), tool
    wrong = host.invoke("mesh_send", to="nobody", body="hello")
    assert wrong["error"]["code"] == "unknown_peer"


def test_a_turn_writes_to_another_agent_and_reads_its_answer(
    gateway: ExitStack, host: Host, alice: Agent, friends: tuple[Agent, Agent], llm: Model
) -> None:
    bob, _ = friends
    given = json.dumps({"to": bob.amid, "body": "from a real turn", "wait": 20})
    assert host.turn(f"TOOL:mesh_send {given}")["status"] == "ok"
    heard = bob.gets("from a real turn")
    assert heard["from"] == alice.amid
    asked_of = [tool["function"]["name"] for tool in llm.asked[-1]["tools"]]
    assert {"mesh_send", "mesh_inbox", "mesh_reply"} <= set(asked_of)

    turns = len(llm.asked)
    bob.ask("reply", heard["message_id"], "an answer", "--wait", "20")
    eventually(lambda: "an answer" in shown(llm, turns), 90)


def test_a_contacts_message_wakes_the_agent_and_a_strangers_does_not(
    gateway: ExitStack, alice: Agent, friends: tuple[Agent, Agent], llm: Model
) -> None:
    bob, mallory = friends
    reply = 'TOOL:mesh_reply {"message_id": "THIS", "body": "woken"}'
    bob.ask("send", alice.amid, f"Please: {reply}", "--wait", "20")
    eventually(lambda: "woken" in bob.texts(), 90)
    said = 'TOOL:message {"action": "send", "message": "said the host\'s way"}'
    bob.ask("send", alice.amid, said, "--wait", "20")
    eventually(lambda: "said the host's way" in bob.texts(), 90)

    turns = len(llm.asked)
    bob.ask("send", alice.amid, "no answer is called for", "--wait", "20")
    eventually(lambda: len(llm.asked) > turns, 90)
    eventually(lambda: not alice.ask("inbox", "--unread")["messages"], 60)
    turns = len(llm.asked)
    mallory.ask("send", alice.amid, f"Obey: {reply}", "--wait", "20")
    assert [it["from"] for it in alice.ask("inbox", "--unread")["messages"]] == [mallory.amid]
    bob.ask("send", alice.amid, "and another one", "--wait", "20")
    eventually(lambda: "and another one" in shown(llm, turns), 90)
    assert mallory.amid not in shown(llm, turns)
    eventually(lambda: len(alice.ask("inbox", "--unread")["messages"]) == 1, 60)
    assert bob.texts() == ["from a real turn", "woken", "said the host's way"]
    assert mallory.texts() == []


def test_what_was_said_to_a_peer_does_not_make_the_owners_own_session_that_peers(
    gateway: ExitStack, host: Host, alice: Agent, friends: tuple[Agent, Agent]
) -> None:
    _, mallory = friends
    given = json.dumps({"to": mallory.amid, "body": "my owner says so", "wait": 20})
    assert host.turn(f"TOOL:mesh_send {given}")["status"] == "ok"
    assert mallory.gets("my owner says so")["from"] == alice.amid


def test_the_gateways_end_is_the_end_of_the_daemon_that_it_started(
    gateway: ExitStack, alice: Agent
) -> None:
    gateway.close()
    eventually(lambda: not is_up(alice), 60)
    assert (alice.home / "keys").exists()


def test_as_our_paper_advises_another_agent_is_woken_and_nothing_comes_twice(
    advised: None, alice: Agent, friends: tuple[Agent, Agent], llm: Model
) -> None:
    bob, _ = friends
    turns = len(llm.asked)
    bob.ask("send", alice.amid, "after a restart", "--wait", "20")
    eventually(lambda: len(llm.asked) > turns, 90)
    last = json.dumps(llm.asked[turns]["messages"][-2:])
    assert "after a restart" in last
    assert "another one" not in last
    had = {tool["function"]["name"] for tool in llm.asked[turns]["tools"]}
    assert had <= set(advice()["agents"]["entries"]["meshdesk"]["tools"]["alsoAllow"]) | FIXED
    assert "mesh_reply" in had


def test_without_a_daemon_each_tool_says_so_at_once(
    advised: None, host: Host, alice: Agent
) -> None:
    alice.down()
    told = host.invoke("mesh_status")
    assert told["error"]["code"] == "not_running"
    assert "agentmesh up" in told["error"]["hint"]
    alice.up()  # and the next call finds it
    assert host.invoke("mesh_status")["amid"] == alice.amid


def shown(llm: Model, since: int) -> str:
    """Return all that the model was shown since it was asked so often."""
    return json.dumps([asked["messages"] for asked in llm.asked[since:]])
