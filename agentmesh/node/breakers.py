"""What the owner can stop: new sessions, one session, one peer, everything."""

from dataclasses import dataclass
from functools import partial

from agentmesh.errors import Refused, UsageError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.conversations import Conversations
from agentmesh.node.notices import UNVOUCHED, Notice
from agentmesh.node.switches import EMERGENCY, PAUSED, STOPPED, since, switched_on
from agentmesh.node.turn import Turn
from agentmesh.policy.verdict import Reason
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.session.events import Close
from agentmesh.session.states import Ended, Open
from agentmesh.storage.interface import SessionRow, SetValue


@dataclass(frozen=True)
class Switch:
    """A breaker for everybody that is on, since when, and how it is lifted."""

    kind: str
    since: float
    why: str
    lift: str


SWITCHES = (
    (EMERGENCY, "emergency_stop", "Everything was stopped.", "agentmesh resume --confirm RESUME"),
    (STOPPED, "shutdown", "You shut this agent down.", "agentmesh up"),
    (PAUSED, "pause", "You paused new sessions.", "agentmesh resume"),
)
LIVING = frozenset({"resolving", "knocking", "answered", "knocked", "open"})
OVER = frozenset({"ended", "resting"})
ENDING = {*LIVING, "resting"}
"""What ends with a breaker: also what its initiator could go on with."""
KILLED = "killed_by_owner"


def stopped() -> Refused:
    """Return what everybody is told after an emergency stop."""
    return Refused(
        "stopped", "Everything is stopped by the owner.", "agentmesh resume --confirm RESUME"
    )


class Breakers:
    """Flips the switches, and ends what has to end."""

    def __init__(self, hand: AtHand, talks: Conversations) -> None:
        self._store = hand.store
        self._talks = talks
        self._switches = hand.switches
        self._clock = hand.clock
        self._bulletin = hand.bulletin

    async def pause(self) -> None:
        """Take no new KNOCKs; open sessions go on."""
        await self._set(PAUSED, is_on=True)
        self._switches.paused = True
        self._bulletin.publish(Notice(kind="breaker_pause_new"))

    async def resume(self) -> None:
        """Take new KNOCKs again."""
        await self._set(PAUSED, is_on=False)
        self._switches.paused = False
        self._bulletin.publish(Notice(kind="breaker_resume"))

    async def shutdown(self) -> int:
        """End all sessions and stay offline until `wake`. Return how many sessions ended."""
        await self._set(STOPPED, is_on=True)
        self._switches.shut_down = True
        ended = await self._end(await self._store.sessions())
        self._bulletin.publish(Notice(kind="breaker_shutdown", fields={"sessions": ended}))
        return ended

    async def wake(self) -> None:
        """Go online again after `shutdown`; an emergency stop is not lifted so easily."""
        if self._switches.emergency:
            raise stopped()
        if not self._switches.shut_down:
            return
        await self._set(STOPPED, is_on=False)
        self._switches.shut_down = False
        self._bulletin.publish(Notice(kind="breaker_resume"))

    async def kill(self, session_id: SessionId) -> None:
        """End one session; the peer is told."""
        row = await self._store.session(session_id)
        if row is None or row.phase not in LIVING:
            raise UsageError(
                "session_not_found", "There is no open session of this id.", "agentmesh sessions"
            )
        await self._end([row])
        self._bulletin.publish(
            Notice(kind="breaker_kill_session", peer=row.peer, session_id=session_id)
        )

    async def end_sessions_with(self, peer: Amid) -> int:
        """End everything with one peer."""
        return await self._end(await self._store.sessions(peer))

    async def end_unvouched(self, rows: list[SessionRow], reason: Reason) -> None:
        """End sessions whose peer nobody answers for any more, and tell the owner of each."""
        for row in rows:
            if row.phase in ENDING:
                await self._talks.run(row.peer, partial(_end_unvouched, row.session_id, reason))

    async def _end(self, rows: list[SessionRow]) -> int:
        for row in rows:
            if row.phase in ENDING:
                await self._talks.handle(row.peer, row.session_id, Close(KILLED))
        return sum(1 for row in rows if row.phase in LIVING)

    async def on(self) -> list[Switch]:
        """Return the breakers that are on for everybody, the gravest first."""
        states = self._switches.emergency, self._switches.shut_down, self._switches.paused
        return [
            Switch(kind, since(await self._store.value(name)), why, lift)
            for (name, kind, why, lift), is_on in zip(SWITCHES, states, strict=True)
            if is_on
        ]

    async def _set(self, name: str, *, is_on: bool) -> None:
        now = self._clock.now()
        await self._store.commit([SetValue(name, switched_on(now) if is_on else b"")])


async def _end_unvouched(session_id: SessionId, reason: Reason, turn: Turn) -> None:
    talk = turn.talks.get(session_id)
    if talk is None or isinstance(talk.state, Ended):
        return
    if isinstance(talk.state, Open) and talk.state.closing:
        return  # it is ending already
    turn.sheet.tell(UNVOUCHED, session_id, reason=reason)
    turn.apply(session_id, Close(reason))
