"""Where the daemon listens, and to whom."""

import asyncio
import json
import socket
import stat
from pathlib import Path

import pytest

from agentmesh.control import answers
from agentmesh.control.socket import MAX_CONNECTIONS, ControlServer
from agentmesh.errors import UsageError
from tests.support.control_server import Script, exchange, line
from tests.support.patience import PATIENCE


async def test_only_this_user_comes_near_the_socket(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


async def test_another_user_is_hung_up_on(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentmesh.control.socket.peer_uid", lambda dialled: 4711)
    reader, writer = await asyncio.open_unix_connection(path)
    assert await reader.read() == b""
    writer.close()


async def test_one_connection_too_many_is_told_so(path: Path, script: Script) -> None:
    go, full = asyncio.Event(), asyncio.Event()

    async def slow() -> answers.Answer:
        if len(script.asked) == MAX_CONNECTIONS:
            full.set()
        await go.wait()
        return answers.Inbox(messages=[])

    script.answers["inbox"] = lambda request: slow()
    dialled = [await asyncio.open_unix_connection(path) for _ in range(MAX_CONNECTIONS)]
    for _, writer in dialled:
        writer.write(line(1, "inbox"))
    async with asyncio.timeout(PATIENCE):
        await full.wait()
    late, writer = await asyncio.open_unix_connection(path)
    told = json.loads(await late.readline())
    assert told["error"]["data"]["code"] == "too_many_connections"
    go.set()
    for it in (*dialled, (late, writer)):
        it[1].close()


async def test_connections_that_are_left_open_keep_nobody_out(path: Path) -> None:
    used = await asyncio.open_unix_connection(path)
    left = [await asyncio.open_unix_connection(path) for _ in range(MAX_CONNECTIONS - 1)]
    assert len(await exchange(used, line(1, "status"))) == 1
    more = [await asyncio.open_unix_connection(path) for _ in range(3)]
    for it in (*more, used):
        assert len(await exchange(it, line(2, "status"))) == 1
    for reader, _ in left[:3]:
        assert await reader.read() == b"", "these were silent for longest"
    assert len(await exchange(left[3], line(1, "status"))) == 1
    for _, writer in (used, *left, *more):
        writer.close()


async def test_a_stale_socket_is_taken_over(tmp_path: Path, script: Script) -> None:
    path = tmp_path / "run" / "daemon.sock"
    path.parent.mkdir()
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    async with ControlServer(path, script):
        dialled = await asyncio.open_unix_connection(path)
        assert len(await exchange(dialled, line(1, "status"))) == 1
        dialled[1].close()
    assert not path.exists()


async def test_a_living_daemon_is_not_pushed_aside(path: Path, script: Script) -> None:
    with pytest.raises(UsageError) as caught:
        await ControlServer(path, script).__aenter__()
    assert caught.value.code == "already_running"
    assert path.is_socket()


async def test_nothing_but_a_socket_is_removed(tmp_path: Path, script: Script) -> None:
    path = tmp_path / "run" / "daemon.sock"
    path.parent.mkdir()
    path.write_text("precious")
    with pytest.raises(UsageError):
        await ControlServer(path, script).__aenter__()
    assert path.read_text() == "precious"


async def test_stopping_ends_what_is_at_work(tmp_path: Path, script: Script) -> None:
    path = tmp_path / "run" / "daemon.sock"
    script.answers["inbox"] = lambda request: asyncio.Event().wait()
    async with ControlServer(path, script):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(line(1, "inbox") + line(2, "status"))
        await reader.readline()
    assert await reader.read() == b""
    writer.close()
