"""A line to a registry that is cut when everything is stopped, as the chain of directories is."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol, TypeVar

import msgspec

from agentmesh.discovery.log_pages import Ask

A = TypeVar("A", bound=msgspec.Struct)
T = TypeVar("T")
Post = Callable[[str, bytes], Awaitable[bytes]]


class Asking(Protocol):
    """Asks, unless everything is stopped before or meanwhile: `Chain.asking`."""

    async def __call__(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Return the answer."""


class Line:
    """Asks a registry, as long as it is not cut."""

    def __init__(self, ask: Ask, post: Post, asking: Asking) -> None:
        self._ask = ask
        self._post = post
        self._asking = asking

    async def ask(self, target: str, kind: type[A]) -> A:
        """Return the answer as a type."""
        return await self._asking(partial(self._ask, target, kind))

    async def post(self, target: str, body: bytes) -> bytes:
        """Return the answer to what is handed in."""
        return await self._asking(partial(self._post, target, body))
