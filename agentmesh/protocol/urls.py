"""URLs, taken apart. One that leads nowhere is refused where it comes in, not where it is used."""

from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit


def taken_apart(url: str) -> SplitResult | None:
    """Return the parts of a URL; None if it names no host that can be looked up, or no port."""
    if not url.isprintable() or " " in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
        name = parts.hostname or ""
        name.encode("idna")  # as a lookup does: no part of it may be empty, or too long
    except ValueError:
        return None
    return parts if name else None


def origin(parts: SplitResult, default_ports: Mapping[str, int]) -> str:
    """Return scheme, host and port in one spelling: without the port that goes without saying."""
    name, port = parts.hostname or "", parts.port
    host = f"[{name}]" if ":" in name else name
    shown = "" if port in {None, default_ports[parts.scheme]} else f":{port}"
    return f"{parts.scheme}://{host}{shown}"
