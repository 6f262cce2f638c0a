"""Web addresses that may be gone to: nobody on the way can answer for them."""

from agentmesh.protocol.urls import taken_apart

_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_MAX_LETTERS = 4096


def is_safe(url: str) -> bool:
    """Return whether a URL is https, or is on this very machine."""
    if len(url) > _MAX_LETTERS or not url.isascii():
        return False
    parts = taken_apart(url)
    if parts is None or "@" in parts.netloc:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
