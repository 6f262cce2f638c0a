"""The blocking client."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agentmesh.control import answers, calls, places
from agentmesh.control.client import Client
from agentmesh.errors import IntegrityError, NotPermitted, NotRunning, Refused, TimedOut
from tests.support import control_server
from tests.support.control_server import Script, serving


@contextmanager
def saying(home: Path, *lines: bytes) -> Iterator[None]:
    """Serve one connection that says these lines, whatever it is asked."""
    path = places.socket_in(home)
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            dialled, _ = listening.accept()
            with dialled:
                dialled.recv(65536)
                dialled.sendall(b"".join(lines))
                if not lines:
                    dialled.recv(1)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
    thread.join(5)


def test_an_answer_comes_as_its_type(tmp_path: Path) -> None:
    script = Script(status=control_server.status())
    with serving(tmp_path, script), Client(tmp_path) as client:
        assert client.call(calls.Status()) == control_server.status()
        assert client.call(calls.Status()).name == "alice"


def test_what_the_daemon_says_is_wrong_is_raised(tmp_path: Path) -> None:
    script = Script(send=control_server.refused(Refused, "blocked"))
    with (
        serving(tmp_path, script),
        Client(tmp_path) as client,
        pytest.raises(Refused, match="It is about blocked") as caught,
    ):
        client.call(calls.Send(to="bob", body="hello"))
    assert caught.value.hint == "Do it differently."


def test_an_agents_client_takes_its_permit_first(tmp_path: Path) -> None:
    script = Script(status=control_server.status())
    with serving(tmp_path, script), Client(tmp_path, "agent") as client:
        client.call(calls.Status())
        with pytest.raises(NotPermitted):
            client.call(calls.Pause())
    assert [permit for _, _, permit in script.asked] == ["agent"]


def test_events_come_one_by_one(tmp_path: Path) -> None:
    waited: list[int] = []
    told = [answers.Event(kind=kind, at="2026-01-31T12:00:00.000Z") for kind in ("a", "b")]
    with serving(tmp_path, Script(events__subscribe=told)), Client(tmp_path) as client:
        coming = client.events(calls.EventsSubscribe(), waited.append)
        assert [next(coming).kind, next(coming).kind] == ["a", "b"]
    assert all(descriptor > 2 for descriptor in waited)


def test_no_home_means_not_running(tmp_path: Path) -> None:
    with pytest.raises(NotRunning) as caught:
        Client(tmp_path / "nowhere").call(calls.Status())
    assert caught.value.hint == "Run `agentmesh up`."


def test_a_stale_socket_means_not_running(tmp_path: Path) -> None:
    path = places.socket_in(tmp_path)
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    with pytest.raises(NotRunning):
        Client(tmp_path).call(calls.Status())


def test_a_daemon_that_ends_meanwhile_is_told_apart(tmp_path: Path) -> None:
    with saying(tmp_path, b'{"half": '), Client(tmp_path) as client:
        with pytest.raises(NotRunning) as caught:
            client.call(calls.Status())
        assert caught.value.code == "daemon_gone"


def test_silence_is_waited_for_only_so_long(tmp_path: Path) -> None:
    with (
        saying(tmp_path),
        Client(tmp_path, answer_seconds=0.05) as client,
        pytest.raises(TimedOut),
    ):
        client.call(calls.Status())


@pytest.mark.parametrize(
    "line",
    [
        b"hello\n",
        b"[]\n",
        b'{"id": 1}\n',
        b'{"id": 1, "result": {"amid": 7}}\n',
        b'{"id": 1, "result": "\xff"}\n',
        b'{"id": 1, "error": 7}\n',
    ],
)
def test_a_stranger_on_the_socket_is_an_error_of_ours(tmp_path: Path, line: bytes) -> None:
    with saying(tmp_path, line), Client(tmp_path) as client, pytest.raises(IntegrityError):
        client.call(calls.Status())


def test_the_client_loads_neither_asyncio_nor_crypto() -> None:
    code = (
        "import sys, agentmesh.control.client, agentmesh.tools.catalog, agentmesh.cli.main,"
        "agentmesh.cli.messages, agentmesh.cli.watching;"
        "print(*sorted({'asyncio', 'aiohttp', 'nacl', 'cryptography', 'ssl', 'rich',"
        " 'picows'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
