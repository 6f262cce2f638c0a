"""What an errand will ask of the directory is asked while the errand is being saved.

Disk and directory do not wait for each other. Nothing but the time changes: no errand is run before
it is saved, and whoever asks then gets the answer that is on its way.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, Protocol, Self, TypeVar

from agentmesh.crypto.bundle import VerifiedBundle
from agentmesh.discovery.interface import Found
from agentmesh.node.conversations import Reader
from agentmesh.node.switches import Switches
from agentmesh.node.turn import Turn
from agentmesh.observability.tasks import Tasks
from agentmesh.protocol.ids import Amid

T = TypeVar("T")

MAX_AHEAD = 64
"""So much is asked ahead at a time; beyond it errands ask themselves."""
FRESH_SECONDS = 5.0
"""A bundle that nobody has come for is forgotten: its errand was not saved."""


class Answers(Protocol):
    """Says where a peer is, and under which keys."""

    async def lookup(self, amid: Amid) -> Found:
        """Return who that is."""

    async def bundle(self, amid: Amid, *, one_time: bool = True) -> VerifiedBundle:
        """Return keys to begin a session with."""


class Ahead:
    """Answers as the directory does, and sooner while it is entered."""

    def __init__(self, directory: Answers, switches: Switches) -> None:
        self._directory = directory
        self._switches = switches
        self._tasks = Tasks()
        self._is_open = False
        self._lookups: dict[Amid, asyncio.Task[Found | Exception]] = {}
        self._bundles: dict[Amid, asyncio.Task[VerifiedBundle | Exception]] = {}

    async def __aenter__(self) -> Self:
        await self._tasks.begin()
        self._is_open = True
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._is_open = False
        await self._tasks.end()

    def after(self, read: Reader) -> Reader:
        """Return what reads a turn, and then begins to ask what its errands will ask."""

        async def read_and_begin(turn: Turn, before: Turn) -> None:
            await read(turn, before)
            self._begin(turn)

        return read_and_begin

    def _begin(self, turn: Turn) -> None:
        if self._switches.stopped or not self._is_open:
            return
        kinds = {errand.kind for errand in turn.sheet.errands.values()}
        if "resolve" in kinds:
            self._fetch(turn.peer)  # first: for it a registry has more to do
        if kinds & {"resolve", "ask_policy"}:
            self._look_up(turn.peer)

    async def lookup(self, amid: Amid) -> Found:
        """Return who that is; the directory itself remembers it for a while."""
        under_way = self._lookups.get(amid)
        if under_way is None:
            return await self._directory.lookup(amid)
        return _said(await asyncio.shield(under_way))

    async def bundle(self, amid: Amid, *, one_time: bool = True) -> VerifiedBundle:
        """Return keys to begin a session with; each bundle is handed out once."""
        begun = self._bundles.pop(amid, None) if one_time else None
        if begun is None:
            return await self._directory.bundle(amid, one_time=one_time)
        return _said(await asyncio.shield(begun))

    def _look_up(self, peer: Amid) -> None:
        if peer in self._lookups or len(self._lookups) >= MAX_AHEAD:
            return
        task = self._tasks.start(_answer(self._directory.lookup(peer)))
        self._lookups[peer] = task
        task.add_done_callback(lambda _: self._lookups.pop(peer, None))

    def _fetch(self, peer: Amid) -> None:
        if peer in self._bundles or len(self._bundles) >= MAX_AHEAD:
            return
        task = self._tasks.start(_answer(self._directory.bundle(peer)))
        self._bundles[peer] = task
        asyncio.get_running_loop().call_later(FRESH_SECONDS, self._forget, peer, task)

    def _forget(self, peer: Amid, task: asyncio.Task[VerifiedBundle | Exception]) -> None:
        if self._bundles.get(peer) is task:
            del self._bundles[peer]


async def _answer(asking: Coroutine[Any, Any, T]) -> T | Exception:
    """Return what is answered, or why nothing is: whoever comes for it hears that."""
    try:
        return await asking
    except Exception as error:  # noqa: BLE001 (it is raised where it is asked for)
        return error


def _said(answer: T | Exception) -> T:
    if isinstance(answer, Exception):
        raise answer
    return answer
