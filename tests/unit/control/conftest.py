"""A control socket whose answers the test gives, and a connection to it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agentmesh.control.socket import ControlServer
from tests.support import control_server
from tests.support.control_server import Dialled, Script


@pytest.fixture
def script() -> Script:
    return Script(status=control_server.status())


@pytest.fixture
async def path(tmp_path: Path, script: Script) -> AsyncIterator[Path]:
    path = tmp_path / "run" / "daemon.sock"
    async with ControlServer(path, script):
        yield path


@pytest.fixture
async def dialled(path: Path) -> AsyncIterator[Dialled]:
    reader, writer = await asyncio.open_unix_connection(path)
    yield reader, writer
    writer.close()
