"""The relay's settings: a frozen value, made once from the command line."""

import argparse
import ipaddress
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

import msgspec
import platformdirs

import agentmesh
from agentmesh.errors import UsageError
from agentmesh.protocol import limits
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.requests import audience_of
from agentmesh_relay.proxies import Network

MEBIBYTE = 1024 * 1024
NATS_VARIABLE = "AGENTMESH_RELAY_NATS"
"""Instead of `--nats`: an address with a password belongs there."""
REGISTRY_VARIABLE = "AGENTMESH_RELAY_REGISTRY"
KEY_VARIABLE = "AGENTMESH_RELAY_IDENTITY"
CONNECTIONS_PER_ADDRESS = 1000
"""What many agents behind one address need, and a flood from one does not get beyond."""

GONE_SECONDS = 10
MOST_GONE_SECONDS = limits.PRESENCE_SECONDS // 2

_ANYWHERE = {"", "0.0.0.0", "::"}  # noqa: S104 - compared with, never bound


class Address(msgspec.Struct, frozen=True):
    """Where to listen. Port 0 lets the system choose."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class Tls(msgspec.Struct, frozen=True):
    """Files of a certificate chain and its key."""

    certificate: Path
    key: Path


class Config(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that can be set."""

    listen: Address
    data: Path
    origin: str | None
    """As agents dial it; None: made from the address that was bound."""
    tls: Tls | None
    admin: Address | None
    trusted_proxies: tuple[Network, ...]
    allowed_origins: frozenset[str]
    """Of web pages, as browsers name them."""
    connections_per_address: int
    messages_per_minute: int
    knocks_per_minute: int
    bulk_mib_per_minute: int
    nats: tuple[str, ...] = ()
    """Servers that join this relay with others; none: it is alone."""
    registry: str = ""
    """Who is told which agents are gone; empty: nobody."""
    identity: Path = Path()
    """The key under which it is told."""
    shows_key: bool = False
    gone_after: int = GONE_SECONDS
    """An agent that comes back within so many seconds was never gone."""

    def origin_at(self, port: int) -> str:
        """Return the origin that is signed, for the port that was bound."""
        if self.origin is not None:
            return self.origin
        scheme = "ws" if self.tls is None else "wss"
        return origin_of(f"{scheme}://{Address(self.listen.host, port)}")


def config_from(arguments: Sequence[str], environment: Mapping[str, str]) -> Config:
    """Return the settings, or end the program with a line on what is wrong with them.

    `HOST` and `PORT` are where platforms that run containers say where to listen.
    """
    given = _parser(environment).parse_args(arguments)
    if (given.cert is None) != (given.key is None):
        raise UsageError("certificate_incomplete", "--cert and --key belong together.")
    if given.origin is None and given.listen.host in _ANYWHERE:
        raise UsageError(
            "origin_missing",
            f"Nobody can dial {given.listen.host or 'every address'}.",
            "Say how agents reach this relay: --origin wss://relay.example.org",
        )
    if given.nats and given.origin is None:
        raise UsageError(
            "origin_missing",
            "Relays that are one need one name.",
            "Give each of them the same --origin: what agents dial.",
        )
    return Config(
        listen=given.listen,
        data=given.data,
        origin=None if given.origin is None else origin_of(given.origin),
        tls=None if given.cert is None else Tls(given.cert, given.key),
        admin=given.admin,
        trusted_proxies=tuple(given.trusted_proxy or ()),
        allowed_origins=frozenset(given.allow_origin or ()),
        connections_per_address=given.connections_per_address,
        messages_per_minute=given.messages_per_minute,
        knocks_per_minute=given.knocks_per_minute,
        bulk_mib_per_minute=given.bulk_mib_per_minute,
        nats=given.nats,
        registry=given.registry,
        identity=given.identity or given.data / "identity-key",
        shows_key=given.show_key,
        gone_after=given.gone_after,
    )


_HELP = {
    "listen": "%(default)s; HOST and PORT in the environment say it, too",
    "most": "at once (%(default)s)",
    "rate": "of one agent (%(default)s)",
    "bulk": "of files, of one agent (%(default)s)",
    "gone": "who comes back within that was never gone (%(default)s)",
}


def _parser(environment: Mapping[str, str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "agentmesh-relay", description="Carries sealed frames between agents and reads none."
    )
    parser.add_argument("--version", action="version", version=agentmesh.__version__)
    add = parser.add_argument
    here = f"{environment.get('HOST') or '127.0.0.1'}:{environment.get('PORT') or 8765}"
    add("--listen", type=_address, default=here, metavar="HOST:PORT", help=_HELP["listen"])
    data = platformdirs.user_data_path("agentmesh-relay")
    add("--data", type=Path, default=data, metavar="DIR", help="mailboxes (%(default)s)")
    add("--origin", metavar="URL", help="as agents dial it, e.g. wss://relay.example.org")
    add("--cert", type=Path, metavar="FILE", help="PEM chain; without it put TLS in front")
    add("--key", type=Path, metavar="FILE", help="of --cert")
    add("--admin", type=_address, metavar="HOST:PORT", help="serves /metrics")
    add(
        "--trusted-proxy",
        type=_network,
        action="append",
        metavar="ADDRESS[/BITS]",
        help="whose X-Forwarded-For is believed; may be repeated",
    )
    add(
        "--allow-origin",
        type=_web_origin,
        action="append",
        metavar="URL",
        help="web pages of this origin may connect, others may not; may be repeated",
    )
    most = CONNECTIONS_PER_ADDRESS
    add("--connections-per-address", type=_positive, default=most, metavar="N", help=_HELP["most"])
    rate = limits.MESSAGES_PER_MINUTE
    add("--messages-per-minute", type=_positive, default=rate, metavar="N", help=_HELP["rate"])
    rate = limits.KNOCKS_PER_MINUTE
    add("--knocks-per-minute", type=_positive, default=rate, metavar="N", help=_HELP["rate"])
    rate = limits.BULK_BYTES_PER_MINUTE // MEBIBYTE
    add("--bulk-mib-per-minute", type=_positive, default=rate, metavar="N", help=_HELP["bulk"])
    servers = environment.get(NATS_VARIABLE, "")
    add("--nats", type=_servers, default=servers, metavar="URL,...", help="be one of several nodes")
    registry = environment.get(REGISTRY_VARIABLE, "")
    add("--registry", type=_registry, default=registry, metavar="URL", help="is told who is gone")
    key = environment.get(KEY_VARIABLE) or None
    add("--identity", type=Path, default=key, metavar="FILE", help="its own key (in --data)")
    gone = GONE_SECONDS
    add("--gone-after", type=_grace, default=gone, metavar="SECONDS", help=_HELP["gone"])
    add("--show-key", action="store_true", help="print what the registry's operator needs, and end")
    return parser


def _registry(text: str) -> str:
    try:
        return audience_of(text) if text else ""
    except UsageError as error:
        raise argparse.ArgumentTypeError(f"{error.message} {error.hint}") from None


def _servers(text: str) -> tuple[str, ...]:
    servers = tuple(server.strip() for server in text.split(",") if server.strip())
    for server in servers:
        if urlsplit(server).scheme not in {"nats", "tls"} or not urlsplit(server).hostname:
            raise argparse.ArgumentTypeError("a server is nats://host:port or tls://host:port")
    return servers


def _address(text: str) -> Address:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT, e.g. 127.0.0.1:8765")
    return Address(host.removeprefix("[").removesuffix("]"), int(port))


def _network(text: str) -> Network:
    try:
        return ipaddress.ip_network(text)
    except ValueError:
        message = f"{text!r} is no address and no network, e.g. 10.0.0.7 or 10.0.0.0/24"
        raise argparse.ArgumentTypeError(message) from None


def _web_origin(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path.strip("/"):
        raise argparse.ArgumentTypeError(f"{text!r} is not like https://app.example.org")
    return f"{parts.scheme}://{parts.netloc}".lower()


def _grace(text: str) -> int:
    seconds = _positive(text)
    if seconds > MOST_GONE_SECONDS:
        raise argparse.ArgumentTypeError(f"{MOST_GONE_SECONDS} seconds at most")
    return seconds


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < int(text) <= 1_000_000_000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return int(text)
