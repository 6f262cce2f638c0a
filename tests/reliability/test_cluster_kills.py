"""A relay of two nodes loses one of them, or NATS, over and over: nothing is lost, nothing twice.

Two daemons at different nodes talk through one address. Four minutes, and all of it:

    AGENTMESH_CLUSTER_KILLS=100 AGENTMESH_SEED=7 make test-cluster
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from tests.reliability.test_kills import MESSAGES_A_KILL, PROMISES, lived_through, plan
from tests.reliability.town import LISTENS, RELAY, Place, Town, living
from tests.support.front import Front
from tests.support.nats_server import CONFIG, PROGRAM
from tests.support.ports import free_port

KILLS_AT_EVERY_CHANGE = 3
KILLS = int(os.environ.get("AGENTMESH_CLUSTER_KILLS") or KILLS_AT_EVERY_CHANGE)


@pytest.mark.timeout(300 + 12 * KILLS)
def test_what_was_accepted_arrives_once_and_in_order_whatever_node_or_nats_is_killed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    asked = replace(plan(), kills=KILLS, messages=KILLS * MESSAGES_A_KILL)
    figures = lived_through(tmp_path, asked, record_property, hang_up=False, settle=two_nodes)
    assert {name: figures[name] for name in PROMISES} == dict.fromkeys(PROMISES, 0)


@contextmanager
def two_nodes(folder: Path) -> Iterator[Town]:
    """A town whose relay is two nodes and NATS, which alone are killed."""
    town = Town(folder)
    nats_port, *ports = (free_port() for _ in range(3))
    server = ("-c", CONFIG, "-a", "127.0.0.1", "-p", nats_port, "-sd", folder / "nats")
    nats = Place("nats", str(PROGRAM), server, program=())
    name = f"ws://127.0.0.1:{town.ports[0]}"
    nodes = [
        Place(
            f"relay {port}",
            "agentmesh_relay",
            (
                *("--listen", f"127.0.0.1:{port}", "--origin", name),
                *("--nats", f"nats://127.0.0.1:{nats_port}", *RELAY),
            ),
            ready=LISTENS,
        )
        for port in ports
    ]
    town.mortal = [nats, *nodes]
    town.places = [nats, *nodes, *town.places[1:]]
    with Front(ports, town.ports[0]) as front, living(town):
        assert set(front.came) == set(ports), "both agents came to the same node"
        yield town
        print(f"connections to each node: {dict(front.came)}")
