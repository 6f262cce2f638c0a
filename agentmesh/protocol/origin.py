"""A relay's origin: scheme, host and port. What it is known by, whatever the path."""

from functools import lru_cache
from urllib.parse import urlsplit

from agentmesh.errors import UsageError

CONNECT_PATH = "/v1/connect"
MAX_ORIGIN_LETTERS = 300
_DEFAULT_PORTS = {"ws": 80, "wss": 443}


@lru_cache(maxsize=256)
def origin_of(url: str) -> str:
    """Return `ws://host:port` of a relay's URL, in the one form that is signed and compared."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise _not_a_relay(url) from None
    default = _DEFAULT_PORTS.get(parts.scheme)
    if default is None or not parts.hostname or len(url) > MAX_ORIGIN_LETTERS:
        raise _not_a_relay(url)
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}" + ("" if port in {None, default} else f":{port}")


def _not_a_relay(url: str) -> UsageError:
    return UsageError(
        "invalid_relay_url",
        f"{url[:80]!r} is not the URL of a relay.",
        "A relay's URL begins with wss:// (or ws:// on your own machine) and a host name.",
    )
