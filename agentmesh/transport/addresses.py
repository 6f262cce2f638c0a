"""Which addresses a relay may have that a stranger named."""

import asyncio
import ipaddress
import socket
from urllib.parse import urlsplit

from agentmesh.errors import TransportError

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


async def connect_publicly(origin: str) -> socket.socket:
    """Return a socket that is connected to a relay which is in nobody's private network."""
    address, port = await _public_address(origin)
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connected = socket.socket(family, socket.SOCK_STREAM)
    try:
        connected.settimeout(0)
        await asyncio.get_running_loop().sock_connect(connected, (address, port))
    except BaseException:
        connected.close()
        raise
    return connected


async def _public_address(origin: str) -> tuple[str, int]:
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if parts.scheme != "wss":
        raise TransportError("relay_not_secure", f"{origin} does without TLS.")
    port = parts.port or 443
    found = await asyncio.get_running_loop().getaddrinfo(host, port, proto=6)
    addresses = [str(entry[4][0]) for entry in found]
    # One private address among them is enough to refuse: which one is dialled must not be luck.
    if not addresses or not all(is_public(it) for it in addresses):
        raise TransportError("relay_not_public", f"{host} is in a private network.")
    return addresses[0], port


def is_public(text: str) -> bool:
    """Whether an address is in nobody's private network, whichever way it is written."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        if address.sixtofour is not None or address.is_site_local:
            return False
        if address in _NAT64:  # the last four bytes are the address that is dialled in truth
            address = ipaddress.IPv4Address(address.packed[-4:])
    return address.is_global and not address.is_multicast


def is_local(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
