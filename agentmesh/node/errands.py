"""Saved effects, run again until they are done: across failures, reconnects and restarts.

An errand is in the store before it is here. It ends when a turn drops it, not when somebody took
it: a relay's word does not end it, only the peer's does.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Self

from agentmesh.errors import AgentMeshError, StorageError, TransportError
from agentmesh.node.agenda import Agenda
from agentmesh.node.comebacks import Comebacks
from agentmesh.node.entries import Entry
from agentmesh.node.notices import REGISTRY_REACHED, Bulletin
from agentmesh.node.owing import Owing
from agentmesh.node.slots import SLOW_SECONDS, Slots
from agentmesh.node.turn import Turn
from agentmesh.observability.logs import Code, record, record_bug
from agentmesh.observability.tasks import Tasks
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.session.effects import Acknowledge, EmitOnce
from agentmesh.session.receipts import sealed
from agentmesh.storage.interface import Change, DropErrand, ErrandRow, Store

FIRST_PAUSE = 2.0
LONGEST_PAUSE = 3600.0
LONGEST_UNREACHED = 600.0
"""Another's relay may be back, and nobody else here would notice."""
FRAMES = {"knock", "accept", "message"}

log = logging.getLogger("agentmesh.node")


@dataclass(frozen=True, kw_only=True)
class Again:
    """Not done yet: run it again, after so many seconds or with pauses that grow from `patience`.

    `reason` is what `status` shows; `unreached` the relay that it could not be offered to.
    """

    after: float | None = None
    patience: float = FIRST_PAUSE
    reason: str = ""
    unreached: str = ""


Runner = Callable[[ErrandRow], Awaitable[Again | None]]
"""Runs an errand. None: it is done and can be forgotten."""
OnceRunner = Callable[[Amid, EmitOnce], Awaitable[None]]


class Errands:
    """All that is to be done, each at its time."""

    def __init__(self, store: Store, clock: Clock, entropy: Entropy) -> None:
        self._store = store
        self._clock = clock
        self._entropy = entropy
        self._runners: Mapping[str, Runner] = {}
        self._once: OnceRunner | None = None
        self._entries: dict[str, Entry] = {}
        self._agenda = Agenda(self._entries)
        self._owing = Owing(self._start_once)
        self._timer: asyncio.Handle | None = None
        self._looks_at = 0.0
        self._tasks = Tasks()
        self._slots = Slots(clock)
        self._comebacks = Comebacks(clock)
        self._is_held = False
        self._has_ended = False

    def employ(self, runners: Mapping[str, Runner], once: OnceRunner) -> None:
        """Say who runs which kind of errand. Called once, before the start."""
        self._runners = runners
        self._once = once

    async def __aenter__(self) -> Self:
        for row in await self._store.errands():
            self._add(row, [])
        await self._tasks.begin()
        self._start_what_is_due()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        self._has_ended = True
        self._owing.forget()
        if self._timer is not None:
            self._timer.cancel()
        await self._tasks.end()  # what runs is kept, and runs again after the next start

    def hold(self) -> None:
        """Begin no errand any more, until `go_on`; they stay, and new ones are kept."""
        self._is_held = True

    def go_on(self) -> None:
        """Run what is due."""
        self._is_held = False
        self._start_what_is_due()

    # --- what comes and goes -------------------------------------------------------------------

    def take(self, turn: Turn) -> None:
        """Take over what a turn wants done; it is saved."""
        if self._has_ended:
            return
        for change in turn.sheet.dropped:
            self._drop(change)
        for row in turn.sheet.errands.values():
            self._add(row, turn.sheet.sequences.get(row.errand_id, []))
        if turn.sheet.errands:
            self._start_what_is_due()
        for session_id in turn.sheet.receipted:
            self._owing.told(session_id)
        for session_id, receipt in turn.sheet.receipts.items():
            self._owing.owe(turn.peer, session_id, receipt, turn.sheet.news_in(session_id))
        for effect in turn.sheet.once.values():
            self._start_once(turn.peer, effect)

    def retry_frames(self) -> None:
        """There is a way again: offer everything that is unconfirmed now, as if it were new."""
        self._hasten(lambda entry: entry.kind in FRAMES, as_new=True)

    def listen(self, bulletin: Bulletin) -> None:
        """Look again for those who could not be looked up, as soon as there is news."""
        bulletin.listen(lambda _: self.retry_lookups(), {REGISTRY_REACHED})

    def retry_lookups(self) -> None:
        """The registry may be there again: run what waits for it now, as if it were new."""
        self._hasten(lambda entry: entry.kind not in FRAMES, as_new=True)

    def registry_is_there(self) -> None:
        """It answers, and did not: run what waits for it, but not always. It may be overloaded."""
        self._hasten(lambda entry: entry.kind not in FRAMES, self._comebacks.pause("registry"))

    def relay_is_there(self, origin: str) -> None:
        """Another's relay is there: offer what could not be offered to it, but not always.

        It may be coming and going.
        """
        self._hasten(lambda entry: entry.misses(origin), self._comebacks.pause(origin))

    def peer_is_there(self, peer: Amid) -> None:
        """A frame of the peer's came: offer it what was refused while it was away, but not always.

        Its mailbox may be full for other reasons.
        """
        if self._comebacks.is_waited_for(peer):
            self.offer_again(peer)

    def offer_again(self, peer: Amid) -> None:
        """Offer a peer now what was refused or held back."""
        self._hasten(lambda it: it.peer == peer and it.kind in FRAMES and bool(it.reason))

    async def settle(self, seconds: float) -> None:
        """Wait until every frame was offered at least once, but no longer than so many seconds."""
        until = self._clock.monotonic() + seconds
        while self._clock.monotonic() < until:
            if all(e.attempts for e in self._entries.values() if e.kind in FRAMES):
                return
            await asyncio.sleep(0.02)

    def reason(self, session_id: SessionId) -> str:
        """Return why a session's messages are not through yet, as far as we know."""
        reasons = (it.reason for it in self._entries.values() if it.session_id == session_id)
        return next(filter(None, reasons), "")

    def _add(self, row: ErrandRow, sequences: list[int]) -> None:
        entry = Entry(row.errand_id, row.peer, row.session_id, row.kind, row, sequences)
        self._entries[row.errand_id] = entry
        self._schedule(entry, 0.0)

    def _drop(self, change: Change) -> None:
        if isinstance(change, DropErrand):
            self._entries.pop(change.errand_id, None)
            return
        for errand_id in [name for name, it in self._entries.items() if it.is_ended_by(change)]:
            del self._entries[errand_id]

    # --- running -------------------------------------------------------------------------------

    def _schedule(self, entry: Entry, pause: float) -> None:
        self._agenda.put(entry, self._clock.monotonic() + pause)

    def _hasten(
        self, is_meant: Callable[[Entry], bool], pause: float = 0.0, *, as_new: bool = False
    ) -> None:
        """Run these after so long, if they are not due sooner; `as_new`: their pauses are short."""
        at = self._clock.monotonic() + pause
        for entry in filter(is_meant, self._entries.values()):
            entry.attempts = 0 if as_new else entry.attempts
            if entry.due > at:
                self._schedule(entry, pause)
        self._start_what_is_due()

    def _start_what_is_due(self) -> None:
        """Start what is due, and look again when something else will be."""
        if self._has_ended:
            return
        now = self._clock.monotonic()
        while not self._is_held and (entry := self._agenda.first()) is not None:
            if entry.due > now:
                self._look_again(entry.due - now)
                return
            if not self._slots.has_room():
                self._look_again(SLOW_SECONDS)
                return
            self._agenda.take_first()
            entry.is_running = True
            self._slots.take(entry.errand_id)
            self._tasks.start(self._run(entry))

    def _look_again(self, seconds: float) -> None:
        """Look once more for what is due, no later than so many seconds from now."""
        loop = asyncio.get_running_loop()
        at = loop.time() + seconds
        if self._timer is not None:
            if self._looks_at <= at:
                return
            self._timer.cancel()
        self._looks_at = at
        self._timer = loop.call_later(seconds, self._time_is_over)

    def _time_is_over(self) -> None:
        self._timer = None
        self._start_what_is_due()

    async def _run(self, entry: Entry) -> None:
        try:
            again = await self._attempt(entry)
        finally:
            entry.is_running = False
            self._slots.give_back(entry.errand_id)
        is_done = entry.errand_id in self._entries and again is None
        if is_done:
            del self._entries[entry.errand_id]
        elif again is not None and entry.errand_id in self._entries:
            self._put_off(entry, again)
        self._start_what_is_due()
        if is_done:
            await self._finish(entry)

    def _put_off(self, entry: Entry, again: Again) -> None:
        entry.attempts += 1
        entry.reason, entry.unreached = again.reason, again.unreached
        pause = self._pause(again, entry.attempts) if again.after is None else again.after
        if again.reason and entry.kind in FRAMES:
            self._comebacks.refused(entry.peer)
        self._schedule(entry, pause)

    async def _attempt(self, entry: Entry) -> Again | None:
        try:
            row = entry.row or await self._store.errand(entry.errand_id)
            entry.row = None
            if row is None:
                self._entries.pop(entry.errand_id, None)
                return None
            return await self._runners[entry.kind](row)
        except TransportError as error:
            return Again(reason=error.code)
        except AgentMeshError as error:
            record(log, logging.WARNING, "errand.failed", peer=entry.peer, code=Code(error.code))
            return Again(reason=error.code)
        except Exception as error:  # noqa: BLE001 (one errand must not end all the others)
            record_bug(log, "errand.bug", error, peer=entry.peer)
            return Again(reason="internal_error")

    async def _finish(self, entry: Entry) -> None:
        try:
            await self._store.commit([DropErrand(entry.errand_id)])
        except StorageError:
            return  # it is run once more after the next start

    def _start_once(self, peer: Amid, effect: EmitOnce | Acknowledge) -> None:
        self._tasks.start(self._run_once(peer, effect))

    async def _run_once(self, peer: Amid, effect: EmitOnce | Acknowledge) -> None:
        try:
            if self._once is not None and not self._is_held:
                if isinstance(effect, Acknowledge):
                    effect = sealed(effect, self._entropy)
                await self._once(peer, effect)
        except AgentMeshError as error:
            record(log, logging.DEBUG, "frame.not_sent", peer=peer, code=Code(error.code))
        except Exception as error:  # noqa: BLE001 (a receipt that is lost costs time only)
            record_bug(log, "frame.bug", error, peer=peer)

    def _pause(self, again: Again, attempts: int) -> float:
        """Return a growing pause, jittered so that peers do not come back all at once."""
        bound = LONGEST_UNREACHED if again.unreached else LONGEST_PAUSE
        longest = min(again.patience * float(2 ** min(attempts - 1, 20)), bound)
        share = int.from_bytes(self._entropy(2), "big") / 0xFFFF
        return longest * (0.5 + share / 2)
