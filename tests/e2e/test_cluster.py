"""Two agents whose connections end at different nodes: they notice nothing of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cluster import Topology, topology
from tests.support.mesh import Agent, bugs_in, eventually


@pytest.fixture
def cluster() -> Iterator[Topology]:
    with topology() as running:
        yield running
        for name, program in running.programs.items():
            assert not bugs_in(program.output), f"{name}: {program.output}"


@pytest.fixture
def agents(cluster: Topology, tmp_path: Path) -> Iterator[list[Agent]]:
    agents = [Agent(tmp_path / name, cluster.environment) for name in ("alice", "bob")]
    for agent in agents:
        agent.up("--name", agent.name, "--key-storage", "file")
        eventually(agent.is_connected)
    for agent, other in (agents, agents[::-1]):
        agent.ask("contacts", "add", other.amid, "--alias", other.name)
    yield agents
    for agent in agents:
        agent.down()


def test_agents_at_two_nodes_talk_and_go_on_when_one_node_dies(
    cluster: Topology, agents: list[Agent]
) -> None:
    alice, bob = agents
    alice.ask("send", "bob", "hello from the other node")
    bob.gets("hello from the other node")
    bob.ask("send", "alice", "and back")
    alice.gets("and back")
    cluster.programs["relay-1"].kill()
    alice.ask("send", "bob", "one node is gone")
    bob.gets("one node is gone")
    cluster.nats.kill()
    alice.ask("send", "bob", "and so is NATS")
    bob.gets("and so is NATS")  # both are at the node that is left
