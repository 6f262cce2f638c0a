"""Where the owner may have notices sent: nobody on the way reads them."""

import ipaddress
from urllib.parse import SplitResult

from agentmesh.protocol.urls import taken_apart

LOCAL_NAMES = {"localhost"}


def is_private_way(url: str) -> bool:
    """Whether this is https, or http to this very machine; a password in it makes it neither."""
    parts = taken_apart(url)
    if parts is None or not url.isascii() or "\\" in url:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_here(parts))


def _is_here(parts: SplitResult) -> bool:
    try:
        return ipaddress.ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.hostname in LOCAL_NAMES
