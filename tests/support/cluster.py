"""The whole topology of several nodes in plain processes, and `make cluster`.

Two relays behind one address, NATS between them, a registry on PostgreSQL (which runs as a user of
its own where we are root). `services/docker-compose.yml` has the same in containers.
"""

import contextlib
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

from tests.support.front import Front
from tests.support.nats_server import NatsServer, nats_server
from tests.support.postgres import cluster as postgres_cluster
from tests.support.postgres import make_database
from tests.support.processes import Program, running

HERE = "127.0.0.1:0"


class Topology(NamedTuple):
    """What runs, and where."""

    relay: str
    """What agents dial: the address before both nodes."""
    registry: str
    nodes: list[str]
    nats: NatsServer
    programs: dict[str, Program]

    @property
    def environment(self) -> dict[str, str]:
        """What an agent has to know."""
        return {"AGENTMESH_RELAY_URL": self.relay, "AGENTMESH_REGISTRY_URL": self.registry}


@contextmanager
def topology() -> Iterator[Topology]:
    """Start everything, and end it all."""
    with ExitStack() as stack:
        database = make_database(stack.enter_context(postgres_cluster()), "mesh")
        nats = stack.enter_context(nats_server())
        ports: list[int] = []
        front = stack.enter_context(Front(ports))
        relay = f"ws://127.0.0.1:{front.port}"
        settings = ("--listen", HERE, "--origin", relay, "--nats", nats.url)
        programs = {
            name: stack.enter_context(running("agentmesh_relay", *settings))
            for name in ("relay-1", "relay-2")
        }
        nodes = [it.said("listening on ").removesuffix("/v1/connect") for it in programs.values()]
        ports += [int(url.rpartition(":")[2]) for url in nodes]
        registry = stack.enter_context(
            running("agentmesh_registry", "--listen", HERE, "--database", database)
        )
        url = registry.said("listening on ")
        yield Topology(relay, url, nodes, nats, {**programs, "registry": registry})


def main() -> None:
    """Run until Ctrl-C."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("Starting PostgreSQL, NATS, two relays and a registry ...", flush=True)
    with topology() as running_now:
        first, second = running_now.nodes
        print(
            f"relay     {running_now.relay}   (nodes {first} and {second})\n"
            f"registry  {running_now.registry}\n"
            f"nats      {running_now.nats.url}\n\n"
            f"agentmesh up --relay {running_now.relay} --registry {running_now.registry}\n\n"
            "Ctrl-C ends all of it; what it kept goes with it.",
            flush=True,
        )
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
