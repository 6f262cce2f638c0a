"""Who is on the other side, with proxies in between: only those on a list are believed."""

import ipaddress
from collections.abc import Sequence
from functools import lru_cache

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

HOUSEHOLD_BITS = 64
"""Of an IPv6 address: whoever has one has all that begin alike."""

KNOWN_ADDRESSES = 4096
"""How many are remembered as they were read: a flood comes from the same ones again and again."""


class Proxies:
    """The proxies in front of this relay."""

    def __init__(self, networks: Sequence[Network] = ()) -> None:
        self._networks = tuple(networks)

    def are_believed(self, address: str) -> bool:
        """Whether this is the address of one of them."""
        found = _address(address)
        return found is not None and any(found in network for network in self._networks)

    def client(self, peer: str, forwarded: Sequence[str]) -> str:
        """Return who speaks: the last one in `X-Forwarded-For` that is not a proxy of ours.

        Each proxy adds whom it speaks with at the end; what stands before is anybody's word.
        """
        hops = [hop.strip() for header in forwarded for hop in header.split(",")]
        client = peer
        while hops and self.are_believed(client):
            hop = hops.pop()
            if _address(hop) is None:
                break
            client = hop
        return counted_as(client)


@lru_cache(KNOWN_ADDRESSES)
def counted_as(address: str) -> str:
    """Return the name under which connections from this address are counted."""
    found = _address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.IPv6Network((found, HOUSEHOLD_BITS), strict=False))
    return address if found is None else str(found)


@lru_cache(KNOWN_ADDRESSES)
def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found
