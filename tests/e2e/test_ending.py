"""A daemon that is told to stop ends, whatever it is doing, and whatever in it does not."""

import fcntl
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from agentmesh.control import calls, places
from agentmesh.control.client import Client
from agentmesh.storage.home import LOCK
from tests.support.mesh import eventually
from tests.support.processes import Program, launch, start


def environment(home: Path) -> dict[str, str]:
    nowhere = {
        "AGENTMESH_RELAY_URL": "ws://127.0.0.1:9",
        "AGENTMESH_REGISTRY_URL": "http://[::1]:9",
    }
    return {"AGENTMESH_HOME": str(home), **nowhere}


def begun(home: Path, what: str) -> Program:
    """Return a daemon that listens, in which something does not end."""
    program = start("tests.support.stubborn", "--key-storage", "file", what, env=environment(home))
    eventually(places.socket_in(home).exists)
    return program


def down(home: Path, _: Program) -> None:
    with Client(home, environment=os.environ) as daemon:
        daemon.call(calls.Stop())


def interrupt(_: Path, program: Program) -> None:
    program.process.send_signal(signal.SIGINT)


def is_free(home: Path) -> bool:
    """Whether another daemon may have this home."""
    with (home / LOCK).open("r+b") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return not places.socket_in(home).exists()


@pytest.mark.parametrize(
    ("what", "tell", "named"),
    [("hides", down, "stop.task task=hides "), ("reads", interrupt, "stop.thread ")],
)
def test_what_does_not_end_is_named_and_ends_with_the_process(
    tmp_path: Path, what: str, tell: Callable[[Path, Program], None], named: str
) -> None:
    home = tmp_path / "home"
    program = begun(home, what)
    tell(home, program)
    assert program.ended() == 0
    assert named in program.output
    assert "stop.given_up" in program.output
    assert "Traceback" not in program.output
    assert is_free(home)


def test_a_second_signal_waits_for_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    program = begun(home, "hides")
    program.process.send_signal(signal.SIGTERM)
    eventually(lambda: not places.socket_in(home).exists())
    assert program.terminate() == -signal.SIGTERM
    assert is_free(home)


def test_who_is_interrupted_at_its_start_says_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    program = start("agentmesh.daemon", "--key-storage", "file", env=environment(home))
    eventually((home / LOCK).exists)
    interrupt(home, program)
    assert program.ended() in {0, -signal.SIGINT}
    assert "Traceback" not in program.output


@pytest.mark.parametrize(
    ("starts", "loads"),
    [
        ("agentmesh.daemon.__main__", "agentmesh.daemon.process"),
        ("agentmesh_relay.__main__", "agentmesh_relay.program"),
        ("agentmesh_registry.__main__", "agentmesh_registry.program"),
    ],
)
def test_an_interrupt_while_a_program_loads_is_the_systems(starts: str, loads: str) -> None:
    check = (
        f"import signal, sys; sys.modules[{loads!r}] = None",
        "try:",
        f"    import {starts}",
        "except ImportError:",
        "    sys.exit(signal.getsignal(signal.SIGINT) is not signal.SIG_DFL)",
    )
    assert launch(sys.executable, "-c", "\n".join((*check, "sys.exit(2)"))).ended() == 0
