"""kill -9 in the middle of a rotation: afterwards the old agent or the new one is whole."""

import os
import random
import signal
import time
from pathlib import Path

import pytest

from tests.support.mesh import Agent, Mesh, eventually

ROUNDS = int(os.environ.get("AGENTMESH_ROTATIONS", "1"))
LONGEST_SECONDS = 0.6


@pytest.fixture
def chance() -> random.Random:
    return random.Random(20_261_121)


def _kill_in_the_middle(agent: Agent, seconds: float) -> None:
    """Ask for a rotation, and kill the daemon so long after."""
    pid = agent.pid
    command = agent.spawn("rotate", "--confirm", agent.amid, "--json")
    time.sleep(0.15 + seconds)  # a command takes so long to dial
    os.kill(pid, signal.SIGKILL)
    command.kill()
    command.communicate()


def _whole(agent: Agent, registry: Agent) -> str:
    """Return who the agent is after its next start, once it has settled; all of it fits."""
    agent.up()
    eventually(agent.is_connected)

    def settled() -> str:
        now: str = agent.status()["amid"]
        found = registry.run("verify", now)
        return now if found.code == 0 and found.answer["log"]["proved"] else ""

    amid = eventually(settled)
    ids = {it["id"] for it in agent.run("doctor").answer["findings"]}
    assert not ids & {"identity_revoked", "own_entry_foreign", "key_damaged", "audit_damaged"}
    return amid


def test_wherever_it_is_killed_one_of_both_is_whole(tmp_path: Path, chance: random.Random) -> None:
    with Mesh(tmp_path) as mesh:
        _kill_and_look(*mesh.friends("alice", "bob"), chance)


def _kill_and_look(alice: Agent, bob: Agent, chance: random.Random) -> None:
    alice.ask("send", bob.amid, "hello", "--wait", "60")
    (transcript,) = alice.ask("transcripts")["transcripts"]
    moved = 0
    for number in range(ROUNDS):
        old = alice.amid
        _kill_in_the_middle(alice, chance.uniform(0, LONGEST_SECONDS))
        alice.amid = _whole(alice, bob)
        moved += alice.amid != old
        shown = alice.ask("transcripts", "show", transcript["session_id"])
        assert shown["entries"][1]["payload"] == {"text": "hello"}
        assert [it["amid"] for it in alice.ask("contacts")["contacts"]] == [bob.amid]
        said = alice.ask("send", bob.amid, f"after kill {number}")
        assert said["outcome"] in {"queued", "held", "delivered"}
    print(f"kills in the middle of a rotation: {ROUNDS}, moved: {moved}")
