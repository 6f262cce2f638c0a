"""What doctor sees of the daemon's process."""

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agentmesh.cli.checkup import process
from agentmesh.control import places
from agentmesh.errors import UsageError
from agentmesh.observability.checkup.ailment import Ailment
from tests.support.control_server import Script, serving


def ids(found: list[Ailment]) -> list[str]:
    return [it.finding.id for it in found]


@contextmanager
def locked(directory: Path, said: str) -> Iterator[None]:
    """Hold the home's lock as a daemon does."""
    (directory / "run").mkdir(exist_ok=True)
    with (directory / "run" / "daemon.lock").open("w") as lock:
        lock.write(said)
        lock.flush()
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def test_the_socket_tells_whether_somebody_listens(tmp_path: Path) -> None:
    assert ids(process.socket(tmp_path)) == ["not_running"]
    with serving(tmp_path, Script()):
        assert process.socket(tmp_path) == []
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(places.socket_in(tmp_path)))
    (stale,) = process.socket(tmp_path)
    assert stale.finding.id == "socket_stale"
    assert stale.mend is not None
    stale.mend()
    stale.mend()
    assert ids(process.socket(tmp_path)) == ["not_running"]


def test_a_socket_is_left_alone_while_a_daemon_starts(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o700)
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(places.socket_in(tmp_path)))
    (stale,) = process.socket(tmp_path)
    assert stale.mend is not None
    with locked(tmp_path, "1\n"):
        assert "left alone" in stale.mend()
    assert places.socket_in(tmp_path).exists()


@pytest.mark.parametrize(
    ("said", "words"), [("4711\n", "kill 4711"), ("; rm -r /", "agentmesh up")]
)
def test_a_daemon_that_lost_its_socket_is_found(tmp_path: Path, said: str, words: str) -> None:
    with locked(tmp_path, said):
        (found,) = process.socket(tmp_path)
    assert found.finding.id == "daemon_deaf"
    assert words in found.finding.fix
    assert "rm -r" not in found.finding.fix


def test_a_path_that_no_socket_can_have_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("r" * 90)))
    monkeypatch.setattr(places, "_runtime_directories", lambda env: [tmp_path / ("r" * 100)])
    deep = tmp_path / ("d" * 100)
    (deep / "run").mkdir(parents=True)
    with pytest.raises(UsageError):
        places.dialable(places.socket_in(deep), {})
    assert ids(process.socket(deep)) == ["socket_path_too_long"]
