"""Signatures are checked in a thread of their own: a flood of strangers is its business alone."""

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import NamedTuple

from agentmesh.errors import RemoteProtocolError
from agentmesh.observability.logs import record_bug
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Challenge, Connect
from agentmesh_relay.door import Door

NICENESS = 4
"""How much the thread stands back where there are fewer cores than work: a little."""

_log = logging.getLogger(__name__)

Verdict = Amid | RemoteProtocolError
"""Who that is, or why nobody can tell, in one of the wire's error codes."""


class Case(NamedTuple):
    """Somebody's claim, and whom to tell what is to be thought of it."""

    claim: Connect
    challenge: Challenge
    is_still_asked: Callable[[], bool]
    told: Callable[[Verdict], None]


class Judge:
    """Answers in the order of the questions, in the loop's thread. Enter it there."""

    def __init__(self, door: Door) -> None:
        self._door = door
        self._loop = asyncio.get_running_loop()
        self._cases: SimpleQueue[Case | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="judge", daemon=True)

    async def __aenter__(self) -> "Judge":
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._cases.put(None)
        await asyncio.to_thread(self._thread.join)

    def challenge(self) -> Challenge:
        """Return a fresh challenge."""
        return self._door.challenge()

    def ask(self, case: Case) -> None:
        """Have this judged soon. No more wait than there may be strangers."""
        self._cases.put(case)

    def _work(self) -> None:
        with contextlib.suppress(OSError):  # not everywhere may a thread stand back by itself
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICENESS)
        while (case := self._cases.get()) is not None:
            if not case.is_still_asked():
                continue
            try:
                verdict: Verdict = self._door.admit(case.claim, case.challenge)
            except RemoteProtocolError as error:
                verdict = error
            except Exception as error:  # noqa: BLE001 - one claim must not be the last one
                record_bug(_log, "claim.failed", error)
                verdict = RemoteProtocolError("INTERNAL_ERROR", "That was our fault.")
            try:
                self._loop.call_soon_threadsafe(case.told, verdict)
            except RuntimeError:
                return  # the loop has ended: there is nobody left to tell
