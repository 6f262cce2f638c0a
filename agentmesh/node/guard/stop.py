"""The emergency stop: nothing leaves this machine from the moment it is pulled.

At once, in memory: every connection is cut with what waits in it, no errand begins, nobody is asked
anything. Then it is kept, in the store and as a file, whichever works; sessions end, and what was
not said yet never is. The owner's hook runs beside all that. Only the owner lifts it.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, Self

from agentmesh.errors import AgentMeshError, Refused, StorageError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.conversations import Conversations
from agentmesh.node.guard.silencing import silence
from agentmesh.node.notices import Notice
from agentmesh.node.switches import EMERGENCY, STOPPED, switched_on
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.observability.tasks import Tasks
from agentmesh.protocol.ids import Amid
from agentmesh.storage.interface import SetValue

LOOK_SECONDS = 0.2
ANSWER_SECONDS = 0.6
"""So long the answer waits for the disk and for the sessions; the stop itself waits for nothing."""
AGAIN_SECONDS = 2.0
HOOK_SECONDS = 30.0

By = Literal["call", "flag", "signal", "start"]
Place = Literal["memory", "flag", "store"]
Hook = Callable[[Sequence[str], float], Awaitable[int]]
"""Runs a program for so many seconds at most; returns its exit code, negative if it was ended."""
Work = Callable[[], Awaitable[None]]
HookState = Literal["none", "running", "done", "failed"]

log = logging.getLogger("agentmesh.node")


class Flag(Protocol):
    """A file that stops everything; see `control/stop_flag.py`."""

    def is_up(self) -> bool:
        """Whether it is there."""

    def acknowledge(self) -> None:
        """Make sure that it is there, and write into it that everything is stopped."""

    def take_down(self) -> None:
        """Take it away, or raise `StorageError`."""


@dataclass(frozen=True, kw_only=True)
class Brakes:
    """What stops at once when it is told, and what sets it free again."""

    cut: tuple[Callable[[], None], ...]
    free: tuple[Callable[[], None], ...]
    flag: Flag
    hook: Hook


@dataclass(frozen=True, kw_only=True)
class Stopped:
    """How far the stop has come. `kept`: what holds it: all but the memory survive a restart."""

    kept: tuple[Place, ...]
    sessions_ended: int
    is_complete: bool
    hook: HookState


class EmergencyStop:
    """Pulled by a call, by the flag, by a signal."""

    def __init__(self, hand: AtHand, talks: Conversations, brakes: Brakes) -> None:
        self._store = hand.store
        self._switches = hand.switches
        self._policy = hand.policy
        self._clock = hand.clock
        self._bulletin = hand.bulletin
        self._talks = talks
        self._brakes = brakes
        self._tasks = Tasks()
        self._kept: set[Place] = set()
        self._ended = 0
        self._pulls = 0
        self._hook: HookState = "none"

    async def __aenter__(self) -> Self:
        await self._tasks.begin()
        if self._switches.emergency:
            self._pull()
            self._begin(self._keep_in_store, self._keep_flag, self._end_sessions)
        elif self._brakes.flag.is_up():
            self.begin("start")
        self._begin(self._watch)
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self._tasks.end()

    # --- pulling -------------------------------------------------------------------------------

    def begin(self, by: By) -> tuple[asyncio.Task[None], ...]:
        """Stop. When this returns nothing leaves any more; the tasks see to the rest."""
        self._pull()
        self._bulletin.publish(Notice(kind="breaker_emergency_stop", fields={"by": by}))
        if self._policy().stop_hook and self._hook != "running":
            self._hook = "running"
            self._begin(self._run_hook)
        return self._begin(self._keep_in_store, self._keep_flag, self._end_sessions)

    async def stop(self, by: By) -> Stopped:
        """Stop, and wait a moment for what comes after."""
        work = self.begin(by)
        await asyncio.wait(work, timeout=ANSWER_SECONDS)
        return self.state(is_complete=all(task.done() for task in work))

    def state(self, *, is_complete: bool = True) -> Stopped:
        """Return how far it has come."""
        kept: tuple[Place, ...] = ("memory", *sorted(self._kept))
        return Stopped(
            kept=kept, sessions_ended=self._ended, is_complete=is_complete, hook=self._hook
        )

    def _pull(self) -> None:
        self._pulls += 1
        self._switches.emergency = True
        for cut in self._brakes.cut:
            cut()

    def _begin(self, *works: Work) -> tuple[asyncio.Task[None], ...]:
        return tuple(self._task(work) for work in works)

    def _task(self, work: Work) -> asyncio.Task[None]:
        async def run() -> None:
            try:
                await work()
            except Exception as error:  # noqa: BLE001 (what fails must not undo the stop)
                record_bug(log, "stop.bug", error)

        return self._tasks.start(run())

    async def _watch(self) -> None:
        while True:
            if not self._switches.emergency and self._brakes.flag.is_up():
                self.begin("flag")
            await asyncio.sleep(LOOK_SECONDS)

    # --- afterwards ----------------------------------------------------------------------------

    async def _keep_in_store(self) -> None:
        while self._switches.emergency:
            try:
                await self._store.commit([SetValue(EMERGENCY, switched_on(self._clock.now()))])
            except StorageError as error:
                record(log, logging.WARNING, "stop.not_kept", code=Code(error.code))
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self._kept.add("store")
                return

    async def _keep_flag(self) -> None:
        try:
            await asyncio.to_thread(self._brakes.flag.acknowledge)
        except StorageError as error:
            record(log, logging.WARNING, "stop.no_flag", code=Code(error.code))
        else:
            self._kept.add("flag")

    async def _end_sessions(self) -> None:
        self._ended = 0
        peers = {row.peer for row in await self._store.sessions()}
        await asyncio.gather(*(self._silence(peer) for peer in sorted(peers)))

    async def _silence(self, peer: Amid) -> None:
        """End everything with a peer. A lane that is full or a disk that is, is asked again."""
        while self._switches.emergency:
            try:
                ended = await self._talks.run(peer, silence(self._store))
            except AgentMeshError as error:
                if error.code == "daemon_stopping":
                    return
                record(log, logging.WARNING, "stop.session_lives", code=Code(error.code))
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                self._ended += int(str(ended))
                return

    async def _run_hook(self) -> None:
        code = await self._brakes.hook(self._policy().stop_hook, HOOK_SECONDS)
        self._hook = "done" if code == 0 else "failed"
        self._bulletin.publish(Notice(kind="breaker_stop_hook", fields={"code": code}))

    # --- lifting -------------------------------------------------------------------------------

    async def lift(self) -> None:
        """Let everything go on, by the owner's word; the peers learn then that sessions ended."""
        pulls = self._pulls
        await self._store.commit([SetValue(EMERGENCY, b""), SetValue(STOPPED, b"")])
        await asyncio.to_thread(self._brakes.flag.take_down)
        if pulls != self._pulls:
            self._begin(self._keep_in_store, self._keep_flag)
            raise Refused("stopped", "Everything was stopped again meanwhile.")
        self._kept.clear()
        self._hook = "none"
        self._switches.emergency = self._switches.shut_down = False
        for free in self._brakes.free:
            free()
