"""The turn: load, step, save, wake. Nothing leaves this machine that was not saved before.

Each peer has a lane: its events run one after the other. What waits in a lane is taken together,
and saved in one transaction: the disk is the bound, so it is asked as rarely as possible.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Self

from agentmesh.errors import (
    AgentMeshError,
    IntegrityError,
    StorageError,
    TransportError,
    UsageError,
)
from agentmesh.node.afterwards import Afterwards
from agentmesh.node.consent.grant_check import GrantCheck
from agentmesh.node.errands import Errands
from agentmesh.node.held import SURELY_BYTES, Held
from agentmesh.node.inbox_room import InboxRoom
from agentmesh.node.lanes import Job, Lane, Waiting, fail, next_batch, spare, together
from agentmesh.node.notices import Bulletin, Notice
from agentmesh.node.repetitions import drop_repeated
from agentmesh.node.sessions import (
    find,
    find_other,
    in_order,
    is_said_elsewhere,
    most_bytes,
)
from agentmesh.node.sheet import Sheet
from agentmesh.node.turn import Talk, Turn, Wish
from agentmesh.observability.logs import Code, record
from agentmesh.observability.tasks import FINISH_SECONDS, Tasks
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.limits import MAILBOX_SECONDS, SESSION_CACHE_SECONDS
from agentmesh.session import snapshot
from agentmesh.session.events import AnyEvent, Reconnected, Saying, Unheld
from agentmesh.session.keyring import KeyRing
from agentmesh.session.words import is_counted
from agentmesh.storage.interface import Change, Store

Reader = Callable[[Turn, Turn], Awaitable[None]]
"""Reads what a turn brings, compared with the turn as it was before."""
MAX_JOBS_WAITING = 2000
PATIENCE_SECONDS = 0.02
"""So long a receipt waits for something to be said, and what there is no room for a receipt."""

log = logging.getLogger("agentmesh.node")


class Conversations:
    """All the lanes."""

    def __init__(
        self,
        store: Store,
        keys: Callable[[], KeyRing],
        errands: Errands,
        bulletin: Bulletin,
        journal: Callable[[Sequence[Sheet]], None],
    ) -> None:
        self._store = store
        self._room, self._held = InboxRoom(store), Held(store)
        self.grants = GrantCheck(store)
        self._keys = keys
        self.afterwards = Afterwards(journal)
        self._errands = errands
        self._bulletin = bulletin
        self._cache_seconds: float = SESSION_CACHE_SECONDS
        self._lanes: OrderedDict[Amid, Lane] = OrderedDict()
        self._tasks = Tasks()
        self._is_closing = False
        self._read: Reader = _read_nothing

    def read_with(self, reader: Reader) -> None:
        """Say who reads messages before they are kept. Called once, before the start."""
        self._read = reader

    async def __aenter__(self) -> Self:
        await self._tasks.begin()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._is_closing = True
        await self._tasks.end(FINISH_SECONDS)
        self.afterwards.finish()

    def cache_for(self, seconds: float) -> None:
        """Say how long a session spares its peers a KNOCK. Called once, before the start."""
        self._cache_seconds = seconds

    # --- what may be asked ---------------------------------------------------------------------

    async def handle(self, peer: Amid, session_id: SessionId, event: AnyEvent) -> None:
        """Take one turn of a session."""

        async def job(turn: Turn) -> None:
            turn.apply(session_id, event)

        await self.run(peer, job)

    async def say(
        self, peer: Amid, wish: Wish, sayings: tuple[Saying, ...], also: tuple[Change, ...] = ()
    ) -> SessionId:
        """Keep messages and see to them; return the session they travel in.

        All of them are kept, in their order, or none; `also` is kept in the same transaction.
        """
        await self._check_sizes(peer, wish, sayings)
        said = Waiting(wish=wish, sayings=sayings, also=also)
        session_id = await self._queue(peer, said)
        assert isinstance(session_id, str)  # noqa: S101 (what `_say` answers)
        return SessionId(session_id)

    async def _check_sizes(self, peer: Amid, wish: Wish, sayings: Sequence[Saying]) -> None:
        """Refuse at the door what is larger than what was agreed with the peer."""
        sizes = [len(saying.payload) if is_counted(saying.type) else 0 for saying in sayings]
        if max(sizes) <= SURELY_BYTES:
            return
        if self._lane(peer).talks is None:
            await self.run(peer, _only_look)
        now = self._keys().clock.now()
        most = most_bytes(self._lane(peer).talks or {}, wish, now, self._cache_seconds)
        at = next((at for at, size in enumerate(sizes, 1) if size > most), 0)
        if at:
            why = f"This peer takes {most} bytes at most."
            raise UsageError("message_too_large", why, "Send less at once.", at=at)

    async def remind(self) -> None:
        """Repeat our receipts in open sessions: the last one may have been lost.

        Where nothing has come or gone for as long as a frame is offered, nobody waits for one.
        """
        oldest = self._keys().clock.now() - MAILBOX_SECONDS
        try:
            for row in await self._store.sessions():
                if row.phase == "open" and row.updated_at >= oldest:
                    await self.handle(row.peer, row.session_id, Reconnected())
        except AgentMeshError as error:
            record(log, logging.INFO, "receipts.not_repeated", code=Code(error.code))

    async def look(self, peer: Amid, session_id: SessionId) -> Talk | None:
        """Return a session as it is now."""

        async def job(turn: Turn) -> Talk | None:
            return turn.talks.get(session_id)

        talk = await self.run(peer, job)
        return talk if isinstance(talk, Talk) else None

    async def run(self, peer: Amid, job: Job, *, in_no_hurry: bool = False) -> object:
        """Run a job in a peer's lane; return what it returns, once everything is saved.

        A job in no hurry shares the turn of the next one that has some, if it comes soon, unless
        messages of ours wait for room.
        """
        return await self._queue(peer, Waiting(job), in_no_hurry=in_no_hurry)

    # --- lanes ---------------------------------------------------------------------------------

    async def _queue(self, peer: Amid, waiting: Waiting, *, in_no_hurry: bool = False) -> object:
        lane = self._lane(peer)
        if self._is_closing:
            raise TransportError("daemon_stopping", "The daemon is stopping.", "Try again later.")
        if len(lane.waiting) >= MAX_JOBS_WAITING:
            raise TransportError("peer_busy", "Too much is waiting for this peer.", "Try later.")
        lane.put(waiting, is_receipt=in_no_hurry)
        if lane.is_busy:
            pass  # whoever is at work takes it along
        elif in_no_hurry and not lane.is_holding:
            asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._start, lane)
        else:
            self._start(lane)
        return await waiting.done

    def _start(self, lane: Lane) -> None:
        if lane.waiting and not lane.is_busy and not self._is_closing:
            lane.is_busy = True
            self._tasks.start(self._work(lane))

    def _lane(self, peer: Amid) -> Lane:
        lane = self._lanes.get(peer)
        if lane is None:
            lane = self._lanes[peer] = Lane(peer)
            self._make_room(lane, -1)
        self._lanes.move_to_end(peer)
        return lane

    def _make_room(self, lane: Lane, held: int) -> None:
        """Let others go where a lane has grown: it held so many sessions before."""
        if len(lane.talks or ()) > held:
            for other in spare(self._lanes.values(), besides=lane):
                del self._lanes[other.peer]

    async def _work(self, lane: Lane) -> None:
        while lane.waiting:
            await lane.wait_for_receipt(PATIENCE_SECONDS)
            batch = next_batch(lane.waiting)
            try:
                await self._take_turn(lane, batch)
            except AgentMeshError as error:
                lane.talks = None  # what was stepped was not saved: read it again
                self._held.forget(lane.peer)
                for waiting in batch:
                    fail(waiting, error)
            await asyncio.sleep(0)  # what was said leaves before the next turn is begun
        lane.is_busy = False

    async def _take_turn(self, lane: Lane, batch: list[Waiting]) -> None:
        held = len(lane.talks or ())
        if lane.talks is None:
            lane.talks = await self._load(lane.peer)
        turn = Turn.start(lane.peer, lane.talks, self._keys())
        answers: list[tuple[Waiting, object]] = []
        for place, group in enumerate(together(batch)):
            before = turn.copy() if place else Turn.start(lane.peer, lane.talks, turn.keys)
            try:
                answer = await self._answer(turn, group)
                await drop_repeated(self._store, turn, before)
                await self._room.check(turn, before)
                await self.grants.check(turn, before)
                await self._read(turn, before)
                await self._follow_up(turn)
            except StorageError:
                raise
            except Exception as error:  # noqa: BLE001 (one bad frame must not stop a lane)
                turn = before
                for waiting in group:
                    fail(waiting, error)
            else:
                answers += [(waiting, answer) for waiting in group]
        if changes := turn.finish():
            await self._store.commit(changes)
            self._held.learn(turn, lane.talks)
        lane.talks = turn.talks
        self._make_room(lane, held)
        self._wake(turn)
        for waiting, answer in answers:
            if not waiting.done.done():
                waiting.done.set_result(answer)

    async def _answer(self, turn: Turn, group: list[Waiting]) -> object:
        first = group[0]
        if first.job is not None:
            return await first.job(turn)
        sayings = tuple(saying for waiting in group for saying in waiting.sayings)
        assert first.wish is not None  # noqa: S101 (a job or a wish: `_queue` knows no third)
        session_id = find(turn, first.wish, self._cache_seconds)
        turn.say(session_id, sayings, turn.now + MAILBOX_SECONDS)
        turn.sheet.changes += [change for waiting in group for change in waiting.also]
        return session_id

    async def _follow_up(self, turn: Turn) -> None:
        """Send what is held where there is room now; say elsewhere what a session did not take."""
        while turn.sheet.unhold or turn.sheet.start_over:
            while turn.sheet.start_over:
                session_id, over = turn.sheet.start_over.popitem()
                rows = turn.unsettled(session_id, await self._store.unsettled(session_id))
                rows = [row for row in rows if is_said_elsewhere(row, over)]
                if rows:
                    seconds, last_try = self._cache_seconds, over.last_try
                    turn.move(rows, find_other(turn, session_id, seconds, last_try=last_try))
            while turn.sheet.unhold:
                session_id = turn.sheet.unhold.pop()
                rows = turn.unsettled(session_id, await self._held.first(turn, session_id))
                turn.apply(session_id, Unheld(in_order(rows)))

    def _wake(self, turn: Turn) -> None:
        self._errands.take(turn)
        self._bulletin.publish(*turn.sheet.notices)
        self.afterwards.put(turn.sheet)

    async def _load(self, peer: Amid) -> dict[SessionId, Talk]:
        talks: dict[SessionId, Talk] = {}
        for row in await self._store.sessions(peer):
            try:
                state = snapshot.load(row.state)
            except IntegrityError as error:
                record(log, logging.WARNING, "session.unreadable", peer=peer)
                told = {"code": error.code}
                self._bulletin.publish(Notice(kind="error", peer=peer, fields=told))
                continue
            talks[row.session_id] = Talk(state, row.opened_at, row.expires_at)
        return talks


async def _read_nothing(_: Turn, __: Turn) -> None:
    pass


async def _only_look(turn: Turn) -> None:
    """Read a peer's sessions, and change nothing."""
