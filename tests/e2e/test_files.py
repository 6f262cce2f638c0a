"""A file between two owners, at the command line: asked, taken, cut off, resumed, whole."""

import hashlib
import os
import shutil
import signal
import stat
import time
from pathlib import Path

import pytest

from tests.support.disks import fill, small_disk
from tests.support.mesh import Agent, Mesh, eventually

MIB = 1024 * 1024
MOMENT = 0.2
HOSTILE = "-rf \u202egpj.exe;$(reboot)|con.txt "
LANDED = "rf gpj.exe;$(reboot)_con.txt"


def _of(agent: Agent, file_id: str) -> dict[str, object]:
    found: dict[str, object] = agent.ask("files", "show", file_id)["file"]
    return found


def _let_some_through(mesh: Mesh, agent: Agent, file_id: str, least: int) -> None:
    """Let the relay work for moments until so much came; when this returns nothing moves."""

    def came() -> bool:
        os.kill(mesh.relay.pid, signal.SIGCONT)
        time.sleep(MOMENT)
        os.kill(mesh.relay.pid, signal.SIGSTOP)
        file = _of(agent, file_id)
        assert file["state"] == "moving", file
        return int(str(file["done"])) >= least

    eventually(came, 60)


def _offered(agent: Agent) -> str:
    found = eventually(
        lambda: [it for it in agent.ask("files")["files"] if it["state"] == "asking"]
    )
    return str(found[0]["transfer_id"])


def test_a_file_arrives_whole_whoever_is_killed_on_the_way(mesh: Mesh, tmp_path: Path) -> None:
    alice, bob = mesh.friends("alice", "bob")
    path = tmp_path / HOSTILE
    digest = _random(path, 96 * MIB)
    told = alice.ask("send", "bob", "look at this", "--file", path)
    assert (told["outcome"], told["message"]["outcome"]) == ("queued", "queued")
    file_id = _offered(bob)
    assert file_id == told["transfer_id"]
    assert _of(bob, file_id)["name"] == LANDED
    assert _of(alice, file_id)["state"] == "offered"

    bob.ask("files", "accept", file_id)
    for number, victims in enumerate(((bob,), (alice, bob)), start=1):
        _let_some_through(mesh, bob, file_id, number * 8 * MIB)
        for victim in victims:
            os.kill(victim.pid, signal.SIGKILL)
        for victim in victims:
            eventually(lambda victim=victim: victim.run("status").code == 3)  # type: ignore[misc]
            victim.up()
    mesh.relay.stop()
    mesh.relay.start()
    alice.ask("send", "bob", "still coming?")
    done = eventually(lambda: _of(bob, file_id)["state"] == "done", 120)
    assert done

    found = bob.home / "files" / "quarantine" / LANDED
    assert _of(bob, file_id)["path"] == str(found)
    assert hashlib.sha256(found.read_bytes()).hexdigest() == digest
    assert stat.S_IMODE(found.stat().st_mode) == 0o600
    assert list((bob.home / "files" / "arriving").iterdir()) == []
    eventually(lambda: _of(alice, file_id)["state"] == "done")
    assert bob.texts() == ["look at this", "still coming?"]
    for agent in (alice, bob):
        assert "gpj" not in agent.log() + str(agent.audit())


def test_the_owners_no_is_told_and_so_is_the_policys(mesh: Mesh, tmp_path: Path) -> None:
    alice, bob = mesh.friends("alice", "bob")
    path = tmp_path / "photo.png"
    _random(path, MIB)
    alice.ask("send", "bob", "--file", path)
    bob.ask("files", "refuse", _offered(bob))
    bob.ask("policy", "set", "files.accept", "contacts")
    bob.ask("policy", "set", "files.deny_types", '["png"]')
    assert alice.fails(5, "send", "bob", "--file", path, "--wait", "60")["code"] == (
        "type_not_accepted"
    )
    bob.ask("policy", "set", "files.deny_types", "[]")
    told = alice.ask("send", "bob", "--file", path, "--wait", "60")
    assert (told["outcome"], told["done"]) == ("delivered", MIB)
    states = [it["state"] for it in alice.ask("files")["files"]]
    assert states == ["done", "refused", "refused"]
    assert alice.fails(2, "send", "bob", "--file", alice.home / "agentmesh.db")["code"] == (
        "file_is_ours"
    )


def _random(path: Path, size: int) -> str:
    """Write a file that nothing can compress; return its hash."""
    found = hashlib.sha256()
    with path.open("wb") as file:
        for _ in range(0, size, MIB):
            piece = os.urandom(min(MIB, size))
            found.update(piece)
            file.write(piece)
    return found.hexdigest()


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no `mount` here")
def test_a_full_disk_holds_a_file_up_and_nothing_of_it_is_lost(mesh: Mesh, tmp_path: Path) -> None:
    alice, bob = mesh.friends("alice", "bob")
    bob.ask("policy", "set", "files.accept", "contacts")
    bob.down()
    path = tmp_path / "data.bin"
    digest = _random(path, 24 * MIB)
    moved = mesh.newcomer("moved")
    with small_disk(moved.home, 128 * MIB):
        shutil.copytree(bob.home, moved.home, dirs_exist_ok=True)
        try:
            moved.up()
            _fill_up_while_it_comes(alice, moved, mesh.relay.pid, path, digest)
        finally:
            moved.run("down")
    mesh.agents.remove(moved)


def _fill_up_while_it_comes(alice: Agent, bob: Agent, relay: int, path: Path, digest: str) -> None:
    ballast = bob.home / "ballast"
    with ballast.open("wb") as file:
        file.write(bytes(60 * MIB))
    refused = alice.fails(5, "send", "bob", "--file", path, "--wait", "60")
    assert refused["code"] == "no_room"

    ballast.unlink()
    bob.ask("policy", "set", "files.accept", "ask")
    file_id = str(alice.ask("send", "bob", "--file", path)["transfer_id"])
    _offered(bob)
    os.kill(relay, signal.SIGSTOP)  # nothing moves yet
    bob.ask("files", "accept", file_id)
    fill(ballast)
    os.kill(relay, signal.SIGCONT)
    eventually(lambda: _of(alice, file_id)["reason"] == "peer_disk_full", 60)
    assert _of(bob, file_id)["state"] == "moving"

    ballast.unlink()
    eventually(lambda: _of(bob, file_id)["state"] == "done", 60)
    found = bob.home / "files" / "quarantine" / path.name
    assert hashlib.sha256(found.read_bytes()).hexdigest() == digest
