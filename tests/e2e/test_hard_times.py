"""Damaged files, a full disk, services that are away: said in words, and nothing is lost."""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from agentmesh.protocol.ids import amid_of
from tests.support.disks import fill, small_disk
from tests.support.mesh import Agent, Mesh, eventually

MIB = 1024 * 1024


# --- the home -----------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["truncated", "emptied", "overwritten", "flipped"])
def test_a_damaged_database_is_named_and_left_as_it_is(mesh: Mesh, damage: str) -> None:
    (bob,) = mesh.friends("bob")
    bob.ask("contacts", "add", amid_of(bytes(32)))
    bob.down()
    database = bob.home / "agentmesh.db"
    before = database.read_bytes()
    damaged = _damaged(before)[damage]
    database.write_bytes(damaged)

    error = bob.fails(8, "up")
    assert error["code"] == "database_corrupt"
    assert str(database) in error["message"]
    assert "agentmesh doctor" in error["hint"]
    assert str(database) in _found(bob, "database_corrupt")["why"]
    assert database.read_bytes() == damaged
    database.write_bytes(before)
    bob.up()
    assert len(bob.ask("contacts")["contacts"]) == 1


def test_what_doctor_says_about_a_damaged_database_brings_the_agent_back(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.ask("send", "bob", "before", "--wait", "60")
    bob.down()
    database = bob.home / "agentmesh.db"
    database.write_bytes(_damaged(database.read_bytes())["flipped"])
    command = (
        _found(bob, "database_corrupt")["fix"].partition("anew: ")[2].partition(" && agent")[0]
    )
    subprocess.run(command, shell=True, check=True)

    assert bob.up()["amid"] == bob.amid
    eventually(bob.is_connected)
    assert bob.ask("contacts")["contacts"] == []
    alice.ask("send", "bob", "after")
    bob.approve()
    bob.gets("after")
    assert bob.texts() == ["after"]


def _damaged(database: bytes) -> dict[str, bytes]:
    return {
        "truncated": database[: len(database) // 2],
        "emptied": b"",
        "overwritten": b"not a database" + database[14:],
        "flipped": database[:4096] + bytes(byte ^ 0xFF for byte in database[4096:]),
    }


def _found(agent: Agent, finding: str) -> dict[str, str]:
    """Return what `doctor` found under this name."""
    found: dict[str, dict[str, str]] = {
        it["id"]: it for it in agent.run("doctor").answer["findings"]
    }
    return found[finding]


def test_a_key_file_that_others_can_read_is_refused_with_the_command_that_mends_it(
    mesh: Mesh,
) -> None:
    (bob,) = mesh.friends("bob")
    bob.down()
    sealed = bob.home / "keys" / "identity.sealed"
    sealed.chmod(0o644)
    error = bob.fails(8, "up")
    assert error["code"] == "key_file_mode"
    assert error["hint"] == f"chmod 600 '{sealed}'"
    assert str(sealed) in _found(bob, "key_file_mode")["fix"]
    subprocess.run(error["hint"], shell=True, check=True)
    bob.up()


def test_damaged_keys_are_said_to_be_damaged(mesh: Mesh) -> None:
    (bob,) = mesh.friends("bob")
    bob.down()
    sealed = bob.home / "keys" / "identity.sealed"
    before = sealed.read_bytes()
    for damaged in (b"", before[:-1], before[:40] + bytes([before[40] ^ 1]) + before[41:]):
        sealed.write_bytes(damaged)
        assert bob.fails(8, "up")["code"] == "key_damaged"
    sealed.write_bytes(before)
    assert bob.up()["amid"] == bob.amid


def test_a_second_daemon_on_a_home_is_refused_and_the_first_one_named(mesh: Mesh) -> None:
    (bob,) = mesh.friends("bob")
    pid = bob.pid
    assert bob.up()["already_running"] is True
    process = bob.spawn("daemon")
    _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert str(pid) in err
    assert "Traceback" not in err
    assert bob.pid == pid


def test_a_killed_daemon_leaves_nothing_in_the_way(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    os.kill(bob.pid, 9)
    error = eventually(lambda: bob.run("status").code == 3 and bob.fails(3, "status"))
    assert error["code"] == "not_running"
    assert "agentmesh up" in error["hint"]
    assert (bob.home / "run" / "daemon.sock").exists()
    assert _found(bob, "socket_stale")
    alice.ask("send", "bob", "hello")
    assert bob.up()["already_running"] is False
    bob.gets("hello")


def test_without_a_daemon_every_command_says_how_to_start_it(mesh: Mesh) -> None:
    nobody = mesh.newcomer("nobody")
    for arguments in (("status",), ("send", "bob", "hi"), ("inbox",), ("knocks",), ("policy",)):
        error = nobody.fails(3, *arguments)
        assert (error["code"], error["hint"]) == ("not_running", "Run `agentmesh up`.")
    assert nobody.ask("down")["was_running"] is False
    assert not nobody.home.exists()  # asking makes nothing


def test_a_home_that_others_may_write_to_is_refused(mesh: Mesh) -> None:
    bob = mesh.newcomer("bob")
    (bob.home / "keys").mkdir(parents=True)
    bob.home.chmod(0o777)
    error = bob.fails(2, "up", "--key-storage", "file")
    assert error["code"] == "unsafe_directory"
    assert f"chmod 700 '{bob.home}'" in error["hint"]


# --- the disk -----------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no `mount` here")
def test_a_full_disk_refuses_what_cannot_be_saved_and_all_goes_on_with_space(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.down()
    moved = mesh.newcomer("moved")
    with small_disk(moved.home, 16 * MIB):
        shutil.copytree(alice.home, moved.home, dirs_exist_ok=True)
        try:
            _live_through_a_full_disk(moved, bob, alice.amid)
        finally:
            moved.run("down")
    mesh.agents.remove(moved)


def _live_through_a_full_disk(alice: Agent, bob: Agent, amid: str) -> None:
    assert alice.up()["amid"] == amid
    alice.ask("send", "bob", "there is room", "--wait", "60")
    ballast = alice.home / "ballast"
    fill(ballast)
    accepted, codes = [], set[str]()
    for number in range(8):  # what SQLite has set aside already may still take some
        text = f"{number} " + "x" * 50_000
        done = alice.run("send", "bob", text)
        if done.code == 0:
            accepted.append(text)
        else:
            assert done.code == 8, done
            codes.add(done.error["code"])
    assert codes == {"disk_full"}
    bob.ask("send", "alice", "can you hear me?")
    alice.ask("status")
    assert "disk_low" in [it["id"] for it in alice.run("doctor").answer["findings"]]

    ballast.unlink()
    alice.ask("send", "bob", "room again", "--wait", "60")
    alice.gets("can you hear me?")
    assert bob.texts() == ["there is room", *accepted, "room again"]


# --- the services -------------------------------------------------------------------------------


def test_an_agent_starts_without_services_and_sends_when_they_come(tmp_path: Path) -> None:
    with Mesh(tmp_path) as mesh:
        alice, bob = mesh.friends("alice", "bob")
        for agent in (alice, bob):
            agent.down()
        mesh.relay.stop()
        mesh.registry.stop()

        alice.up()
        states = eventually(lambda: _states(alice, wanted=("unreachable", "unreachable")))
        assert states
        warnings = " ".join(alice.status()["warnings"])
        assert "relay" in warnings
        assert "registry" in warnings
        waiting = alice.ask("send", "bob", "early", "--wait", "1")
        assert (waiting["outcome"], waiting["reason"]) == ("queued", "registry_unreachable")
        assert alice.fails(75, "search", "travel")["code"] == "registry_unreachable"

        mesh.registry.start()
        mesh.relay.start()
        bob.up()
        bob.gets("early")
        eventually(lambda: alice.status()["outbox"]["pending"] == 0)
        eventually(alice.is_connected)


def test_a_conversation_goes_on_while_the_registry_is_away(tmp_path: Path) -> None:
    with Mesh(tmp_path) as mesh:
        alice, bob = mesh.friends("alice", "bob")
        alice.ask("send", "bob", "first", "--wait", "60")
        mesh.registry.stop()
        assert alice.ask("send", "bob", "second", "--wait", "60")["outcome"] == "delivered"
        for agent in (alice, bob):
            agent.down()
            agent.up()
        assert alice.ask("send", "bob", "third", "--wait", "60")["outcome"] == "delivered"
        assert bob.texts() == ["first", "second", "third"]


def test_a_relay_that_says_nothing_is_no_reason_to_hang(mesh: Mesh) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        bob = mesh.newcomer("bob")
        bob.environment["AGENTMESH_RELAY_URL"] = f"ws://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        bob.up("--key-storage", "file")
        assert bob.ask("status")["relay"]["state"] != "connected"
        bob.down()
        assert time.monotonic() - began < 15


def _states(agent: Agent, wanted: tuple[str, str]) -> bool:
    now = agent.status()
    return (now["relay"]["state"], now["registry"]["state"]) == wanted
