"""Friends at two relays: each writes to the other's, and hears what comes to its own."""

from pathlib import Path

from tests.support.mesh import Mesh, eventually
from tests.support.processes import running


def test_friends_at_two_relays_talk_and_hand_over_a_file(mesh: Mesh, tmp_path: Path) -> None:
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path / "other")
    with running("agentmesh_relay", *arguments) as other:
        alice = mesh.agent("alice")
        bob = mesh.agent("bob", "--relay", other.said("listening on "))
        alice.ask("contacts", "add", bob.amid, "--alias", "bob")
        bob.ask("contacts", "add", alice.amid, "--alias", "alice")
        for number in range(3):
            alice.ask("send", "bob", f"to bob {number}", "--wait", "60")
            bob.ask("send", "alice", f"to alice {number}", "--wait", "60")
        report = tmp_path / "report.txt"
        report.write_text("canary " * 30_000)
        alice.ask("send", "bob", "--file", report)
        offered = eventually(lambda: bob.ask("files")["files"])[0]
        bob.ask("files", "accept", offered["transfer_id"])
        quarantine = bob.home / "files" / "quarantine"
        (landed,) = eventually(lambda: list(quarantine.glob("*report*")))
        eventually(lambda: landed.read_text() == report.read_text())
        assert bob.texts() == [f"to bob {number}" for number in range(3)]
        assert alice.texts() == [f"to alice {number}" for number in range(3)]
        for agent in (alice, bob):
            agent.down()
