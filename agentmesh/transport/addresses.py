"""How a place is reached, and which addresses a relay may have that a stranger named."""

import asyncio
import ipaddress
import socket
from collections.abc import Sequence

from agentmesh.errors import TransportError
from agentmesh.transport.lookups import Found, Lookups

_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_NOBODYS = tuple(
    map(
        ipaddress.ip_network,
        ("192.0.0.0/24", "::/96", "64:ff9b:1::/48", "3fff::/20", "5f00::/16"),
    )
)
"""Kept for protocols, examples and translators inside a network; Python counts them as public."""


async def connect_to(host: str, port: int) -> socket.socket:
    """Return a socket that is connected there, at the first address that answers."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return await _connected(found)


async def connect_publicly(lookups: Lookups, host: str, port: int) -> socket.socket:
    """Return a socket that is connected to a place which is in nobody's private network."""
    found = await lookups.find(host, port)
    # One private address among them is enough to refuse: which one is dialled must not be luck.
    if not found or not all(is_public(str(entry[4][0])) for entry in found):
        raise TransportError("relay_not_public", f"{host} is in a private network.")
    return await _connected(found)


async def _connected(found: Sequence[Found]) -> socket.socket:
    refused = OSError("no address")
    for family, kind, protocol, _, address in found:
        connected = socket.socket(family, kind, protocol)
        try:
            connected.settimeout(0)
            await asyncio.get_running_loop().sock_connect(connected, address)
        except OSError as error:
            connected.close()
            refused = error
        except BaseException:
            connected.close()
            raise
        else:
            return connected
    raise refused


def is_public(text: str) -> bool:
    """Whether an address is in nobody's private network, whichever way it is written."""
    address = ipaddress.ip_address(text)
    if isinstance(address, ipaddress.IPv6Address):
        if address.sixtofour is not None or address.is_site_local:
            return False
        if address in _NAT64:  # the last four bytes are the address that is dialled in truth
            address = ipaddress.IPv4Address(address.packed[-4:])
    if any(address in network for network in _NOBODYS):
        return False
    return address.is_global and not address.is_multicast


def is_local(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
