"""The registry's settings: a frozen value, read once; its names stand here and in the CLI."""

import shlex
from pathlib import Path
from urllib.parse import unquote

import msgspec
import platformdirs

from agentmesh.errors import UsageError
from agentmesh.protocol.relay_key import RelayKey
from agentmesh.protocol.requests import audience_of
from agentmesh_registry.owners.providers import Providers

MAX_BODY = 256 * 1024
ARRIVAL_SECONDS = 10
MAX_CONNECTIONS = 2000
MAX_CONNECTIONS_EACH = 200

_EVERYWHERE = {"0.0.0.0", "::", ""}  # noqa: S104  named in order to be refused
_LOOPBACK = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}


class Address(msgspec.Struct, frozen=True):
    """A host and a port to listen on; port 0 is any free one."""

    host: str
    port: int

    def url(self) -> str:
        """Return the address as `http://host:port`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


class Rates(msgspec.Struct, frozen=True, kw_only=True):
    """Bounds a minute; 0 is no bound."""

    requests: int = 600
    """Requests of one address."""
    registrations: int = 60
    """Registrations of one address."""
    agent_requests: int = 120
    """Signed requests of one agent."""
    fetches: int = 30
    """Bundles for one agent."""
    one_time: int = 60
    """One-time prekeys of one agent; beyond, bundles come without."""
    one_time_pair: int = 5
    """One-time prekeys of one agent for one other agent; beyond, bundles come without."""


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """How one registry runs."""

    listen: Address = Address("127.0.0.1", 8080)
    database: str
    log_key: str = ""
    authority: str = ""
    authority_program: tuple[str, ...] = ()
    dns: Address | None = None
    """Where domains are looked up; the machine's own resolvers if it is not said."""
    origins: tuple[str, ...] = ()
    admin: Address | None = None
    rates: Rates = Rates()
    stamp_bits: int = 16
    """Zero bits of a new agent's stamp in calm times; 0: no stamps."""
    trust_proxy: bool = False
    providers: Providers = Providers()
    relays: tuple[RelayKey, ...] = ()
    """Who may say that agents are gone."""
    arrival_seconds: float = ARRIVAL_SECONDS
    """How long the head of a request may take, and then its body."""


def parse_address(text: str) -> Address:
    """Return `host:port`, or say how it is written."""
    host, _, port = text.rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise UsageError(
            "invalid_address",
            f"{text[:100]!r} is not an address to listen on.",
            "It is HOST:PORT, e.g. 127.0.0.1:8080 or [::1]:8080; port 0 takes any free one.",
        )
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def parse_command(text: str) -> tuple[str, ...]:
    """Return a program and its arguments, as a shell takes them apart, or say what is wrong."""
    try:
        return tuple(shlex.split(text))
    except ValueError as error:
        raise UsageError(
            "invalid_command", f"{text[:100]!r} is no command: {error}.", "Close what is quoted."
        ) from None


def log_key_path(config: Config) -> Path:
    """Return where the key of the log is: beside a SQLite file, unless it is named."""
    return _beside(config, config.log_key, "log-key")


def authority_path(config: Config) -> Path:
    """Return where the authority's key is; its certificate is beside it, in `.crt`."""
    return _beside(config, config.authority, "authority-key")


def _beside(config: Config, named: str, kind: str) -> Path:
    if named:
        return Path(named)
    file = config.database.removeprefix("sqlite:///")
    if "://" in file:
        return platformdirs.user_data_path("agentmesh") / f"registry.{kind}"
    return Path(unquote(file.partition("?")[0]) + f".{kind}")


def audiences(config: Config, bound: Address) -> tuple[str, ...]:
    """Return the names under which agents may address this registry in what they sign."""
    if config.origins:
        return tuple(audience_of(origin) for origin in config.origins)
    if bound.host in _EVERYWHERE:
        raise UsageError(
            "origin_missing",
            "A registry that listens everywhere has to know its public address.",
            "Add --origin https://registry.example: agents sign their requests for it.",
        )
    names = [bound.host, *([_LOOPBACK[bound.host]] if bound.host in _LOOPBACK else [])]
    return tuple(audience_of(Address(name, bound.port).url()) for name in names)
