"""The dashboard's files: read once, found by their path in a list, joined to nothing."""

import importlib.resources
from collections.abc import Iterator, Mapping
from importlib.resources.abc import Traversable
from typing import NamedTuple

from agentmesh.errors import UsageError

PACKAGE = "agentmesh_dashboard"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
}
_INDEX = "index.html"


class Page(NamedTuple):
    """A file as it is sent."""

    kind: str
    body: bytes


def pages() -> Mapping[str, Page]:
    """Return the files by the path under which they are asked for."""
    try:
        return dict(found_in(importlib.resources.files(PACKAGE)))
    except (ModuleNotFoundError, OSError):
        raise UsageError(
            "dashboard_missing",
            "This installation has no dashboard.",
            "Install AgentMesh again: pip install --force-reinstall agentmesh-openclaw",
        ) from None


def found_in(folder: Traversable, above: str = "/") -> Iterator[tuple[str, Page]]:
    """Yield the files of a folder with their paths; a hidden one and a program are none."""
    for item in sorted(folder.iterdir(), key=lambda each: each.name):
        if item.name.startswith((".", "_")):
            continue
        if item.is_dir():
            yield from found_in(item, f"{above}{item.name}/")
            continue
        kind = TYPES.get(item.name[item.name.rfind(".") :])
        if kind is None:
            continue
        page = Page(kind, item.read_bytes())
        yield f"{above}{item.name}", page
        if item.name == _INDEX:
            yield above, page
