from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Program, running


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "relay"


@pytest.fixture
def relay(folder: Path) -> Iterator[Program]:
    with running("agentmesh_relay", "--listen", "127.0.0.1:0", "--data", folder) as program:
        yield program


@pytest.fixture
def url(relay: Program) -> str:
    return relay.said("listening on ")
