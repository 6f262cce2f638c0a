"""How `category/subcategory` is taken apart: in intents, adverts and searches alike.

A category of one's own is `x-<namespace>/<category>`.
"""

import re
from functools import lru_cache
from typing import NoReturn

from agentmesh.errors import UsageError
from agentmesh.protocol.limits import MAX_ID_LETTERS

STANDARD = frozenset(
    {"travel", "commerce", "finance", "productivity", "creative", "research", "development"}
    | {"communication", "marketplace"}
)
"""The categories of docs/protocol.md, 5; a peer may use others."""
_SEGMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_OWN = "x-"


@lru_cache(1000)  # the same few come with every message
def take_apart(path: str) -> tuple[str, str]:
    """Return category and subcategory (perhaps empty), or say what is wrong."""
    segments = path.split("/")
    if not all(_SEGMENT.fullmatch(segment) for segment in segments):
        _refuse(path)
    depth = 2 if path.startswith(_OWN) else 1
    category, rest = "/".join(segments[:depth]), segments[depth:]
    if len(rest) > 1 or len(category) > MAX_ID_LETTERS:
        _refuse(path)
    return category, "".join(rest)


def _refuse(path: str) -> NoReturn:
    raise UsageError(
        "invalid_category",
        f"{path[:80]!r} is not a category.",
        "Write category or category/subcategory (letters, digits, '.', '_', '-'); "
        "one of your own is x-<namespace>/<category>.",
    )
