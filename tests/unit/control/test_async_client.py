"""The client with an event loop."""

import asyncio
from pathlib import Path

import pytest

from agentmesh.control import answers, calls, places
from agentmesh.control.async_client import AsyncClient
from agentmesh.control.socket import ControlServer
from agentmesh.errors import NotPermitted, NotRunning, Refused, TimedOut
from tests.support import control_server
from tests.support.control_server import Script
from tests.support.patience import PATIENCE


def served(home: Path, script: Script) -> ControlServer:
    return ControlServer(places.socket_in(home), script)


async def test_many_calls_are_at_work_at_once(tmp_path: Path) -> None:
    go = asyncio.Event()

    async def slow() -> answers.Answer:
        await go.wait()
        return answers.Inbox(messages=[])

    script = Script(status=control_server.status(), inbox=lambda request: slow())
    async with (
        served(tmp_path, script),
        AsyncClient(tmp_path) as client,
        asyncio.TaskGroup() as group,
    ):
        inbox = group.create_task(client.call(calls.Inbox()))
        assert (await client.call(calls.Status())).name == "alice"
        assert not inbox.done()
        go.set()
        assert (await inbox).messages == []


async def test_errors_are_raised_and_the_connection_goes_on(tmp_path: Path) -> None:
    script = Script(send=control_server.refused(Refused, "blocked"), status=control_server.status())
    async with served(tmp_path, script), AsyncClient(tmp_path) as client:
        with pytest.raises(Refused):
            await client.call(calls.Send(to="bob", body="hello"))
        assert (await client.call(calls.Status())).name == "alice"


async def test_an_agents_client_is_never_the_owner(tmp_path: Path) -> None:
    async with served(tmp_path, Script()), AsyncClient(tmp_path, "agent") as client:
        with pytest.raises(NotPermitted):
            await client.call(calls.Pause())


async def test_events_come_until_the_daemon_ends(tmp_path: Path) -> None:
    told = [answers.Event(kind=kind, at="2026-01-31T12:00:00.000Z") for kind in ("a", "b")]
    server = served(tmp_path, Script(events__subscribe=told))
    await server.__aenter__()
    async with AsyncClient(tmp_path) as client:
        events = aiter(client.events())
        kinds = [(await anext(events)).kind, (await anext(events)).kind]
        await server.__aexit__(None, None, None)
        with pytest.raises(NotRunning):
            await anext(events)
        with pytest.raises(NotRunning):
            await client.call(calls.Status())
    assert kinds == ["a", "b"]


async def test_a_lost_daemon_ends_what_waits(tmp_path: Path) -> None:
    script = Script(inbox=lambda request: asyncio.Event().wait(), status=control_server.status())
    server = served(tmp_path, script)
    await server.__aenter__()
    async with AsyncClient(tmp_path) as client, asyncio.TaskGroup() as group:
        waiting = group.create_task(raises_not_running(client))
        await client.call(calls.Status())
        await server.__aexit__(None, None, None)
        await waiting


async def raises_not_running(client: AsyncClient) -> None:
    with pytest.raises(NotRunning):
        await client.call(calls.Inbox())


async def test_silence_is_waited_for_only_so_long(tmp_path: Path) -> None:
    script = Script(inbox=lambda request: asyncio.Event().wait(), status=control_server.status())
    async with served(tmp_path, script), AsyncClient(tmp_path, answer_seconds=0.05) as client:
        with pytest.raises(TimedOut):
            await client.call(calls.Inbox())
        client._answer_seconds = PATIENCE
        assert (await client.call(calls.Status())).name == "alice"


async def test_nobody_there_means_not_running(tmp_path: Path) -> None:
    with pytest.raises(NotRunning):
        await AsyncClient(tmp_path).__aenter__()
