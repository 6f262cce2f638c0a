from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Program, running


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Program]:
    arguments = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay")
    with running("agentmesh_relay", *arguments, "--messages-per-minute", "100000") as program:
        yield program


@pytest.fixture
def url(relay: Program) -> str:
    return relay.said("listening on ")
