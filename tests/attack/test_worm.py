"""A worm among real daemons whose agents obey every word: it ends with who got it first.

AGENTMESH_WORM says how many daemons there are; a few of them run at every change.
"""

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentmesh.observability.world import SystemClock
from tests.support.mesh import Agent, Mesh, eventually
from tests.support.outbreak import (
    break_out,
    chain,
    have_said_all,
    introduce,
    second_hand,
    settle,
    web,
)
from tests.support.siege import REGISTRY, RELAY

DAEMONS = int(os.environ.get("AGENTMESH_WORM", "5"))
EXTENDED = {"default_autonomy": "extended"}
"""What an agent may do at most by itself with a contact, short of everything."""
FREE = {"default_autonomy": "free"}

Figures = Callable[[str, object], None]


@pytest.fixture(scope="module")
def mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    with Mesh(tmp_path_factory.mktemp("mesh"), RELAY, REGISTRY) as running:
        yield running


@pytest.mark.timeout(900)
def test_a_worm_infects_nobody_at_second_hand(mesh: Mesh, record_property: Figures) -> None:
    clock = SystemClock()
    started = clock.monotonic()
    agents = settle(mesh, DAEMONS, EXTENDED)
    record_property("seconds to start", round(clock.monotonic() - started))
    row = chain(agents)
    every = web(agents)
    for mark, edges, fresh in (("W0001", row, row), ("W0002", every, set(every) - set(row))):
        introduce(fresh)
        break_out(agents, edges, mark)
        eventually(lambda: have_said_all(agents))
        assert second_hand(agents, mark) == []
    record_property("daemons", len(agents))
    record_property("megabytes each", sum(map(_megabytes, agents)) // len(agents))


@pytest.mark.timeout(300)
def test_where_owners_let_their_agents_write_freely_it_spreads(mesh: Mesh) -> None:
    agents = settle(mesh, 3, FREE)
    row = chain(agents)
    introduce(row)
    break_out(agents, row, "W0003")
    infected = eventually(lambda: second_hand(agents, "W0003"))
    assert agents[2].name in {it.who for it in infected}, "the test would not see a worm"


def _megabytes(agent: Agent) -> int:
    said = Path(f"/proc/{agent.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", said)
    assert found
    return int(found[1]) // 1024
