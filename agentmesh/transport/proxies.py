"""The proxy that the owner's system names for the way to a relay."""

from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from agentmesh.transport.addresses import is_local

_SECURE = ("wss", "socks", "https", "all")
_PLAIN = ("ws", "socks", "http", "all")
_SAME = {"socks5h": "socks5", "socks4a": "socks4"}
"""Names are looked up by the proxy in any case."""


def proxy_to(relay: str) -> str:
    """Return the proxy through which a relay is dialled; empty if none."""
    host = urlsplit(relay).hostname or ""
    if is_local(host) or proxy_bypass(host):
        return ""
    found = getproxies()
    kinds = _SECURE if relay.startswith("wss") else _PLAIN
    kind = next((kind for kind in kinds if kind in found), "")
    scheme, separator, place = found.get(kind, "").partition("://")
    if kind == "socks" and scheme == "http":  # so macOS and Windows write it
        scheme = "socks5"
    return _SAME.get(scheme, scheme) + separator + place
