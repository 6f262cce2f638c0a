"""`python -m agentmesh.daemon.netcheck`: looks at the way to relay and registry, prints a report.

`agentmesh netcheck` runs it. With `--as-ourselves` it proves who we are, which it must not do while
the daemon is connected: the relay would hang up on the daemon.
"""

import argparse
import asyncio
import os
import ssl
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec

from agentmesh.control import failures, places
from agentmesh.daemon import config as configuration
from agentmesh.daemon.assemble import KEYS
from agentmesh.daemon.config import Config
from agentmesh.daemon.netcheck.registry import way_to_registry
from agentmesh.daemon.netcheck.relay import Guest, way_to_relay
from agentmesh.daemon.netcheck.report import Report, Walk
from agentmesh.discovery.book import Memory
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.errors import AgentMeshError
from agentmesh.identity.keys import Identity
from agentmesh.observability.logs import write_logs
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.protocol.signed import Purpose
from agentmesh.storage.home import Home
from agentmesh.storage.key_files import KeyFiles, Means
from agentmesh.storage.key_passphrase import given_passphrase
from agentmesh.transport.caller import Caller
from agentmesh.transport.proxies import proxy_to

_PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


async def look(config: Config, identity: Identity | None, why: str) -> Report:
    """Return how both ways are. Without an identity, `why` says why there is none of ours."""
    clock = SystemClock()
    ours = identity or Identity.make(system_entropy)  # reading needs none, and proves nothing
    caller = Caller(
        amid=ours.amid,
        sign=lambda claim: ours.sign(claim, Purpose.CONNECT),
        clock=clock,
        entropy=system_entropy,
    )
    guest = Guest(caller, why)
    relay, registry = config.settings.relay, config.settings.registry
    directory = RegistryDirectory(registry, ours, (clock, system_entropy), Memory())
    tls = ssl.create_default_context()
    proxy = _plain(proxy_to(relay))
    async with directory:
        to_relay, to_registry = await asyncio.gather(
            way_to_relay(relay, Walk(clock), guest, tls, proxy),
            way_to_registry(registry, Walk(clock), directory, why, clock),
        )
    return Report(
        reachable=to_relay.reachable and to_registry.reachable,
        relay=to_relay,
        registry=to_registry,
        environment=noticed(os.environ),
    )


def noticed(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what of the environment has a say in the way, without passwords."""
    names = [name for each in _PROXIES for name in (each, each.lower())]
    names += ["AGENTMESH_RELAY_URL", "AGENTMESH_REGISTRY_URL", "AGENTMESH_TRUSTED_CAS"]
    names += ["SSL_CERT_FILE", "SSL_CERT_DIR"]
    return {name: _plain(environment[name]) for name in names if environment.get(name)}


def _plain(url: str) -> str:
    """Return a URL without user and password."""
    front, separator, rest = url.partition("://")
    place = (rest if separator else front).rpartition("@")[2][:200]
    return f"{front}{separator}{place}" if separator else place


def _identity(home: Path) -> Identity:
    """Return who we are, or say why that cannot be shown."""
    means = Means(
        clock=SystemClock(), entropy=system_entropy, passphrase=given_passphrase(os.environ)
    )
    return KeyFiles(home / KEYS, means).open().identity


def main() -> int:
    """Print the report, and end at once: no thread that still waits for a name keeps us here."""
    parser = argparse.ArgumentParser("agentmesh-netcheck")
    parser.add_argument("--relay")
    parser.add_argument("--registry")
    parser.add_argument("--as-ourselves", action="store_true")
    given = parser.parse_args()
    write_logs()
    home = places.home(os.environ)
    flags = {name: it for name, it in vars(given).items() if isinstance(it, str)}
    try:
        config = configuration.read(home, os.environ, flags)
    except AgentMeshError as error:
        kind = failures.kind_of(error).word
        told = {"code": error.code, "message": error.message, "hint": error.hint, "kind": kind}
        return _say(msgspec.json.encode({"error": told}))
    with ExitStack() as stack:
        identity, why = None, "The daemon is connected as us."
        if given.as_ourselves:
            try:
                identity, why = _identity(home), ""
                stack.enter_context(Home(home))  # no daemon starts meanwhile
            except AgentMeshError as error:
                identity, why = None, error.message
        asyncio.run(_look_and_leave(config, identity, why))
    return 0


async def _look_and_leave(config: Config, identity: Identity | None, why: str) -> None:
    _say(msgspec.json.encode(await look(config, identity, why)))
    os._exit(0)


def _say(document: bytes) -> int:
    sys.stdout.buffer.write(document + b"\n")
    sys.stdout.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
