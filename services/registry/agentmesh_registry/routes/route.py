"""What a route is."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from agentmesh_registry.desk import Call, Desk, Reply

PAGE = "text/html"
"""What is for people."""

Run = Callable[[Desk, Call, Any], Awaitable[Reply]]


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """A request type (JSON body, or path and query), an answer type, and a function of a few lines.

    `refusals` are the statuses beside those that every route may answer with.
    """

    method: str
    path: str
    run: Run
    asked: type[msgspec.Struct]
    said: type[msgspec.Struct] | None = None
    content_type: str = "application/json"
    is_signed: bool = False
    refusals: tuple[int, ...] = ()

    @property
    def summary(self) -> str:
        """What it does, in one sentence."""
        return (self.run.__doc__ or "").partition("\n")[0]
