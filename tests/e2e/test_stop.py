"""The emergency stop, through the command line and without it: file, signal, restart, flood."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agentmesh.control import calls
from agentmesh.observability.world import SystemClock
from tests.support.mesh import Agent, Mesh, eventually

SECOND = 1.0
STOP = calls.EmergencyStop()
_clock = SystemClock()


def _is_stopped(agent: Agent) -> bool:
    return bool(agent.status()["stopped"])


def _resume(agent: Agent) -> None:
    assert agent.fails(5, "resume")["code"] == "stopped"
    assert agent.ask("resume", "--confirm", "RESUME")["stopped"] is False
    eventually(agent.is_connected)


def test_everything_is_refused_until_the_owner_says_the_word(mesh: Mesh) -> None:
    alice, bob = mesh.friends("alice", "bob")
    alice.ask("send", "bob", "before", "--wait", "60")
    told = alice.ask("emergency-stop")
    assert (told["stopped"], told["daemon"]) == (True, True)
    # The answer does not wait for a disk that is slow; who asks again hears of it.
    kept = eventually(lambda: (it := alice.told(STOP)).complete and it.kept)
    assert set(kept) == {"memory", "flag", "store"}
    assert alice.status()["relay"]["state"] == "stopped"
    for command in (("send", "bob", "after"), ("up",)):
        error = alice.fails(5, *command)
        assert (error["code"], error["hint"]) == ("stopped", "agentmesh resume --confirm RESUME")
    refused = alice.run("tool", "mesh_send", '{"to": "bob", "body": "after"}')
    assert (refused.code, refused.error["code"]) == (5, "stopped")

    alice.down()
    (alice.home / "run" / "STOP").unlink()  # that alone lifts nothing
    assert alice.fails(5, "up")["code"] == "stopped"
    assert _is_stopped(alice)
    assert alice.fails(5, "send", "bob", "after a restart")["code"] == "stopped"

    _resume(alice)
    eventually(lambda: not bob.ask("sessions")["sessions"])
    assert alice.ask("send", "bob", "and on", "--wait", "60")["outcome"] == "delivered"
    assert bob.texts() == ["before", "and on"]
    events = [record["event"] for record in alice.audit()]
    assert "breaker_emergency_stop" in events


def test_a_file_and_a_signal_do_the_same(mesh: Mesh, tmp_path: Path) -> None:
    alice = mesh.agent("alice")
    ran = tmp_path / "ran"
    alice.ask("policy", "set", "stop_hook", f'["touch", "{ran}"]')
    (alice.home / "run" / "STOP").touch()
    eventually(lambda: _is_stopped(alice))
    eventually(ran.exists)
    _resume(alice)
    assert not (alice.home / "run" / "STOP").exists()
    ran.unlink()
    os.kill(alice.pid, signal.SIGUSR1)
    eventually(lambda: _is_stopped(alice))
    eventually(ran.exists)
    by = [it["fields"].get("by") for it in alice.audit() if it["event"] == "breaker_emergency_stop"]
    assert by == ["flag", "signal"]
    _resume(alice)


def test_without_a_daemon_the_next_start_stays_stopped(mesh: Mesh) -> None:
    alice = mesh.agent("alice")
    alice.down()
    assert alice.ask("emergency-stop")["daemon"] is False
    assert alice.fails(5, "up")["code"] == "stopped"
    eventually(lambda: "store" in alice.ask("emergency-stop")["kept"])
    _resume(alice)


@pytest.mark.parametrize("how", ["killed", "wedged"])
def test_it_needs_no_relay(mesh: Mesh, tmp_path: Path, how: str) -> None:
    with Mesh(tmp_path) as own:
        alice, bob = own.friends("alice", "bob")
        alice.ask("send", "bob", "before", "--wait", "60")
        if how == "killed":
            own.relay.stop()
            alice.ask("send", "bob", "never said")
        else:
            os.kill(own.relay.pid, signal.SIGSTOP)
        eventually(lambda: alice.told(STOP).complete, 5 * SECOND)
        if how == "killed":
            own.relay.start()
        else:
            os.kill(own.relay.pid, signal.SIGCONT)
        time.sleep(SECOND)
        assert bob.texts() == ["before"]
        _resume(alice)
        eventually(lambda: not bob.ask("sessions")["sessions"])
        assert bob.texts() == ["before"]


def test_a_flood_on_the_control_socket_does_not_hold_it_up(mesh: Mesh) -> None:
    alice = mesh.agent("alice")
    with _flooded(alice.home / "run" / "daemon.sock"):
        began = _clock.monotonic()
        told = alice.ask("emergency-stop")
        assert told["stopped"] is True
        flag = alice.home / "run" / "STOP"
        eventually(lambda: flag.read_bytes() == b"stopped\n")
        assert _clock.monotonic() - began < 10 * SECOND
    assert eventually(lambda: alice.run("status").answer["stopped"])
    _resume(alice)


@contextmanager
def _flooded(path: Path) -> Iterator[None]:
    """Fill the socket with connections that say nothing, and go on dialling."""
    ended = threading.Event()
    held: list[socket.socket] = []

    def dial() -> None:
        while not ended.is_set():
            try:
                one = socket.socket(socket.AF_UNIX)
                one.settimeout(0.2)
                one.connect(str(path))
                held.append(one)
            except OSError:
                one.close()
            if len(held) > 300:
                held.pop(0).close()

    thread = threading.Thread(target=dial, daemon=True)
    thread.start()
    try:
        eventually(lambda: len(held) > 100)
        yield
    finally:
        ended.set()
        thread.join(5)
        for one in held:
            one.close()
