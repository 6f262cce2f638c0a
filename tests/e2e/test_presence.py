"""Who is gone is soon shown as gone: the relay tells the registry, where both operators want it."""

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.front import Front
from tests.support.mesh import Agent, bugs_in, eventually
from tests.support.processes import running

HERE = ("--listen", "127.0.0.1:0")


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A relay and a registry whose operators know of each other, and how agents find them."""
    with ExitStack() as stack:
        ports: list[int] = []
        front = stack.enter_context(Front(ports))  # so that the relay has a name before it runs
        origin = f"ws://127.0.0.1:{front.port}"
        own = ("--origin", origin, "--data", tmp_path / "relay")
        with running("agentmesh_relay", *own, "--show-key") as shown:
            assert shown.ended() == 0
        named = {"AGENTMESH_REGISTRY_RELAY": shown.output}
        database = ("--database", tmp_path / "registry.db", "--stamp-bits", "8")
        registry = stack.enter_context(running("agentmesh_registry", *HERE, *database, env=named))
        url = registry.said("listening on ")
        told = {"AGENTMESH_RELAY_REGISTRY": url}
        relay = stack.enter_context(
            running("agentmesh_relay", *HERE, *own, "--gone-after", "1", env=told)
        )
        ports.append(int(relay.said("listening on ").split(":")[2].partition("/")[0]))
        yield {"AGENTMESH_RELAY_URL": origin, "AGENTMESH_REGISTRY_URL": url}
        for program in (relay, registry):
            assert not bugs_in(program.output), program.output
        assert "absences.not_taken" not in relay.output


def found(by: Agent, status: str) -> set[str]:
    return {it["amid"] for it in by.ask("search", "travel", "--status", status)["results"]}


def test_a_daemon_that_is_killed_is_soon_offline_and_one_that_comes_back_is_online(
    environment: dict[str, str], tmp_path: Path
) -> None:
    agents = [Agent(tmp_path / name, environment) for name in ("alice", "bob")]
    alice, bob = agents
    try:
        for agent in agents:
            agent.up("--name", agent.name, "--key-storage", "file", "--capability", "travel")
            eventually(agent.is_connected)
        everybody = {alice.amid, bob.amid}
        eventually(lambda: found(bob, "online") == everybody)
        os.kill(alice.pid, signal.SIGKILL)
        eventually(lambda: found(bob, "online") == {bob.amid})
        assert found(bob, "offline") == {alice.amid}
        alice.up()
        eventually(lambda: found(bob, "online") == everybody)
    finally:
        for agent in agents:
            agent.run("down")
