"""Breakers that trip by themselves, and how the owner hears of it, through whole programs."""

import asyncio
import json
import socket
from pathlib import Path

import agentmesh
from agentmesh.errors import Refused
from tests.support.mesh import Agent, Mesh, eventually

SLOW_MACHINES = '{"loop_seconds": 600, "turn_seconds": 60}'


async def _answer_each_other(alice: Agent, bob: Agent) -> tuple[int, Refused]:
    """Let alice's agent answer whatever bob says; return how often it could, and what ended it."""
    answered = 0
    async with (
        agentmesh.Agent(alice.home, permit="agent") as hers,
        agentmesh.Agent(bob.home) as his,
    ):
        inbox = hers.inbox()
        while answered < 100:
            await his.send("alice", f"number {answered}")
            message = await asyncio.wait_for(anext(inbox), 60)
            try:
                await hers.reply(message, "And what do you think?")
            except Refused as error:
                return answered, error
            answered += 1
    raise AssertionError("nothing ended it")


def test_agents_that_only_answer_each_other_are_stopped_and_the_owner_is_told(
    mesh: Mesh, tmp_path: Path
) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.ask("contacts", "autonomy", "bob", "free")
    alice.ask("policy", "set", "breakers", SLOW_MACHINES)
    told = tmp_path / "told"
    program = ["sh", "-c", 'echo "$2" >> "$1"', "sh", str(told)]
    with socket.create_server(("127.0.0.1", 0)) as silent:  # takes everything, answers nothing
        port = silent.getsockname()[1]
        alice.ask("policy", "set", "notify_owner.webhook", f"http://127.0.0.1:{port}/")
        alice.ask("policy", "set", "notify_owner.command", json.dumps(program))
        answered, error = asyncio.run(_answer_each_other(alice, bob))
        news = eventually(lambda: told.exists() and told.read_text())
    assert (answered, error.code) == (19, "peer_paused")
    assert news == "A breaker of your agent's tripped. See: agentmesh breakers\n"

    alice.down()
    alice.up()
    (on,) = alice.ask("breakers")["breakers"]
    assert on["id"] == f"loop:{bob.amid}"
    assert on["why"] == "Your agent and this peer answered each other 20 times in 600 s."
    assert on["lift"] == error.hint == f"agentmesh resume {bob.amid}"
    assert alice.fails(5, "send", "bob", "hello?")["code"] == "peer_paused"
    (tripped,) = [it for it in alice.audit() if it["event"] == "breaker_tripped"]
    assert tripped["fields"]["reason"] == "loop"
    assert any("answered each other" in it for it in alice.status()["warnings"])

    alice.ask("resume", "bob")
    assert alice.ask("breakers")["breakers"] == []
    assert alice.ask("send", "bob", "on we go", "--wait", "60")["outcome"] == "delivered"
    assert "breaker_lifted" in [it["event"] for it in alice.audit()]
