"""What waits for its turn with one peer."""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

import msgspec

from agentmesh.errors import AgentMeshError, IntegrityError
from agentmesh.node.turn import Talk, Turn, Wish
from agentmesh.observability.logs import record_bug
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.session import flow
from agentmesh.session.events import Saying
from agentmesh.session.states import Open
from agentmesh.storage.interface import Change

Job = Callable[[Turn], Awaitable[object]]
MAX_JOBS_A_TURN = 256
MAX_SAYINGS_A_TURN = 512
"""So many jobs, and about so many messages of ours, share a turn: others wait for the disk, too."""
MAX_LANES = 500
MAX_TALKS = 5000
"""So many peers and sessions are held in memory; the others are read again when they are needed."""

log = logging.getLogger("agentmesh.node")


def _future() -> asyncio.Future[object]:
    return asyncio.get_running_loop().create_future()


class Waiting(msgspec.Struct, frozen=True):
    """A job in a lane. One that says something names its wish, so that neighbours can join.

    What one says is kept together, or not at all.
    """

    job: Job | None = None
    wish: Wish | None = None
    sayings: tuple[Saying, ...] = ()
    also: tuple[Change, ...] = ()
    done: asyncio.Future[object] = msgspec.field(default_factory=_future)


@dataclass
class Lane:
    """One peer's events, in order."""

    peer: Amid
    waiting: deque[Waiting] = field(default_factory=deque)
    talks: dict[SessionId, Talk] | None = None
    is_busy: bool = False
    expects_receipt: bool = False
    _has_job: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, waiting: Waiting, *, is_receipt: bool) -> None:
        """Let this wait for its turn, behind the others."""
        self.waiting.append(waiting)
        if waiting.job is not None:
            self._has_job.set()
        if is_receipt:
            self.expects_receipt = True

    async def wait_for_receipt(self, seconds: float) -> None:
        """Wait for one that makes room for what is to be said, if it is likely to come so soon.

        What shares its turn gets its number at once; else it would be held, and written twice. Who
        waited in vain waits no more until a receipt has come.
        """
        if any(waiting.job is not None for waiting in self.waiting):
            return
        if not (self.expects_receipt and self.would_hold):
            return
        self._has_job.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._has_job.wait()
        except TimeoutError:
            self.expects_receipt = False

    @property
    def is_idle(self) -> bool:
        """Whether nobody would miss it: two lanes of one peer would tear its sessions apart."""
        return not self.is_busy and not self.waiting

    @property
    def is_holding(self) -> bool:
        """Whether messages of ours wait for room in a session."""
        return any(state.holding for state in self._open())

    @property
    def would_hold(self) -> bool:
        """Whether there is no room in any of its open sessions."""
        states = self._open()
        return bool(states) and all(flow.would_hold(state) for state in states)

    def _open(self) -> list[Open]:
        states = (talk.state for talk in (self.talks or {}).values())
        return [state for state in states if isinstance(state, Open)]


def spare(lanes: Collection[Lane], besides: Lane) -> list[Lane]:
    """Return the idle lanes that are too many, or hold too many sessions; the first ones first."""
    lanes_over = len(lanes) - MAX_LANES
    talks_over = sum(len(lane.talks or ()) for lane in lanes) - MAX_TALKS
    found: list[Lane] = []
    for lane in lanes:
        if lanes_over <= 0 and talks_over <= 0:
            break
        if lane.is_idle and lane is not besides:
            found.append(lane)
            lanes_over -= 1
            talks_over -= len(lane.talks or ())
    return found


def next_batch(waiting: deque[Waiting]) -> list[Waiting]:
    """Take from what waits, in its order, what shares the next turn."""
    batch: list[Waiting] = []
    said = 0
    while waiting and len(batch) < MAX_JOBS_A_TURN and said < MAX_SAYINGS_A_TURN:
        batch.append(waiting.popleft())
        said += len(batch[-1].sayings)
    return batch


def together(batch: list[Waiting]) -> list[list[Waiting]]:
    """Return the batch in its order, neighbours with the same wish as one group."""
    groups: list[list[Waiting]] = []
    for waiting in batch:
        if groups and waiting.wish is not None and groups[-1][0].wish == waiting.wish:
            groups[-1].append(waiting)
        else:
            groups.append([waiting])
    return groups


def fail(waiting: Waiting, error: Exception) -> None:
    """Tell whoever waits that it came to nothing; what is none of our errors is a bug."""
    if waiting.done.done():
        return
    if not isinstance(error, AgentMeshError):
        record_bug(log, "lane.bug", error)
        error = IntegrityError("internal_error", "A bug of ours.", "Please report it.")
    waiting.done.set_exception(error)
