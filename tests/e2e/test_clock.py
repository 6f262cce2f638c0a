"""A clock that somebody sets while the daemon runs: nothing is lost, and nothing comes twice."""

import os
from pathlib import Path

from agentmesh.observability.findings import SET_CLOCK
from tests.support.mesh import Agent, Mesh, eventually
from tests.support.processes import ROOT

DAYS = 86400
JUMPING = ROOT / "tests" / "support" / "jumping"


def with_another_clock(mesh: Mesh, name: str, offset: Path) -> Agent:
    """Return an agent whose machine's clock is wrong by what stands in a file."""
    agent = mesh.newcomer(name)
    agent.environment["PYTHONPATH"] = os.pathsep.join((str(JUMPING), str(ROOT)))
    agent.environment["TESTS_CLOCK_OFFSET"] = str(offset)
    agent.up("--name", name, "--key-storage", "file")
    eventually(agent.is_connected)
    return agent


def test_what_waits_for_a_wrong_clock_says_so(mesh: Mesh, tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    offset.write_text("0")
    alice, bob = with_another_clock(mesh, "alice", offset), mesh.agent("bob")
    alice.down()
    offset.write_text("7200")
    alice.up()
    said = alice.ask("send", bob.amid, "hello")["message_id"]
    eventually(lambda: alice.ask("outcome", said)["reason"] == "clock_wrong")
    assert any("7200 s ahead of" in warning for warning in alice.status()["warnings"])
    told = alice.spawn("outcome", said).communicate(timeout=60)[1]
    assert SET_CLOCK in told


def test_a_clock_that_jumps_by_days_and_back_loses_nothing(mesh: Mesh, tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    offset.write_text("0")
    alice = with_another_clock(mesh, "alice", offset)
    bob, carol = mesh.agent("bob"), mesh.agent("carol")
    for peer in (bob, carol):
        peer.ask("contacts", "add", alice.amid, "--alias", "alice")
        alice.ask("contacts", "add", peer.amid, "--alias", peer.name)
    alice.ask("send", "bob", "before", "--wait", "60")
    bob.down()
    alice.ask("send", "bob", "while away")

    for days in (400, -400):
        offset.write_text(str(days * DAYS))
        # The session that begins makes the daemon look at once for what has expired.
        alice.ask("send", "carol", "another day", "--wait", "60")
        carol.ask("send", "alice", "the same day", "--wait", "60")
    bob.up()
    bob.gets("while away")
    offset.write_text("0")
    alice.ask("send", "bob", "after", "--wait", "60")
    bob.gets("after")
    assert bob.texts() == ["before", "while away", "after"]
    assert alice.texts() == ["the same day", "the same day"]
