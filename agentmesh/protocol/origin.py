"""A relay's origin: scheme, host and port. What it is known by, whatever the path."""

from functools import lru_cache

from agentmesh.errors import UsageError
from agentmesh.protocol import urls

CONNECT_PATH = "/v1/connect"
MAX_ORIGIN_LETTERS = 300
_DEFAULT_PORTS = {"ws": 80, "wss": 443}


@lru_cache(maxsize=256)
def origin_of(url: str) -> str:
    """Return `ws://host:port` of a relay's URL, in the one form that is signed and compared."""
    parts = urls.taken_apart(url)
    if parts is None or parts.scheme not in _DEFAULT_PORTS or len(url) > MAX_ORIGIN_LETTERS:
        raise _not_a_relay(url)
    return urls.origin(parts, _DEFAULT_PORTS)


def _not_a_relay(url: str) -> UsageError:
    return UsageError(
        "invalid_relay_url",
        f"{url[:80]!r} is not the URL of a relay.",
        "A relay's URL begins with wss:// (or ws:// on your own machine) and a host name.",
    )
