"""One turn with one peer: what its events change, gathered until it is saved in one piece."""

from typing import Literal

import msgspec

from agentmesh.messages import capabilities
from agentmesh.messages.payloads import is_house_mail
from agentmesh.node.notices import Notice
from agentmesh.node.sheet import Sheet
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid, SessionId, uuid7
from agentmesh.protocol.limits import MAILBOX_SECONDS, MAX_SEQUENCE
from agentmesh.session import effects as wanted
from agentmesh.session import snapshot
from agentmesh.session.effects import AnyEffect
from agentmesh.session.events import AnyEvent, Saying, Send, Superseded
from agentmesh.session.keyring import KeyRing
from agentmesh.session.machine import step
from agentmesh.session.states import (
    Answered,
    AnyState,
    Ended,
    Knocked,
    Knocking,
    Open,
    Resolving,
    Resting,
    Terms,
)
from agentmesh.storage.interface import (
    Change,
    DropSession,
    Judge,
    Move,
    OutgoingRow,
    Put,
    Release,
    SessionRow,
)

MAX_OVER = 500
"""So many sessions with one peer that are over, or at rest, are kept; the oldest go first.

To what comes late in such a one the answer is that we do not have it.
"""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What kind of session a message wants to travel in."""

    intent: Intent
    request: SessionRequest
    note: str = ""
    session_id: SessionId | None = None
    requires: tuple[str, ...] = ()


class Talk(msgspec.Struct, frozen=True):
    """A session as a lane holds it."""

    state: AnyState
    opened_at: float
    expires_at: float


class Turn(msgspec.Struct):
    """Everything that a batch of one peer's events changes."""

    peer: Amid
    talks: dict[SessionId, Talk]
    keys: KeyRing
    sheet: Sheet
    touched: set[SessionId] = msgspec.field(default_factory=set)

    def copy(self) -> "Turn":
        """Return this turn as it is now, to come back to when a job fails half-way."""
        return Turn(self.peer, self.talks.copy(), self.keys, self.sheet.copy(), self.touched.copy())

    @classmethod
    def start(cls, peer: Amid, talks: dict[SessionId, Talk], keys: KeyRing) -> "Turn":
        """Return a turn in which nothing has happened yet."""
        return cls(peer, talks.copy(), keys, Sheet(peer, keys.clock.now()))

    @property
    def now(self) -> float:
        """The wall time."""
        return self.sheet.now

    # --- sessions -----------------------------------------------------------------------------

    def begin(self, wish: Wish, *, last_try: bool = False) -> SessionId:
        """Begin a session of ours; its messages wait until it is open."""
        session_id = SessionId(uuid7(self.now, self.keys.entropy))
        terms = Terms(
            session_id=session_id,
            peer=self.peer,
            ours=True,
            intent=wish.intent,
            request=wish.request,
            capabilities=capabilities.mark(wish.requires),
            note=wish.note,
        )
        self.adopt(Resolving(terms=terms, again=last_try), [wanted.Resolve()])
        return session_id

    def adopt(self, state: AnyState, effects: list[AnyEffect]) -> None:
        """Take a new session over, and what is to be done for it."""
        session_id = state.terms.session_id
        self.talks[session_id] = Talk(state, self.now, self.now + MAILBOX_SECONDS)
        self.touched.add(session_id)
        for effect in effects:
            self.sheet.note(session_id, effect)
        for old in self._too_many():
            del self.talks[old]
            self.sheet.changes.append(DropSession(old))

    def _too_many(self) -> list[SessionId]:
        """Return the oldest of the sessions that are over, beyond those that are kept."""
        over = [
            (talk.opened_at, session_id)
            for session_id, talk in self.talks.items()
            if isinstance(talk.state, Ended | Resting) and session_id not in self.touched
        ]
        return [session_id for _, session_id in sorted(over)[: max(len(over) - MAX_OVER, 0)]]

    def apply(self, session_id: SessionId, event: AnyEvent) -> None:
        """Step a session."""
        talk = self.talks[session_id]
        state, effects = step(talk.state, event, self.keys)
        if state is not talk.state:
            self.talks[session_id] = Talk(state, talk.opened_at, self._expiry(state, talk))
            self.touched.add(session_id)
            self._judge(talk.state, state)
        for effect in effects:
            self.sheet.note(session_id, effect)
        if isinstance(talk.state, Open) and isinstance(state, Ended | Resting):
            # What waited for a missing number was confirmed: it is shown, nothing else will come.
            self.sheet.changes.append(Release(session_id, MAX_SEQUENCE))

    def rivals(self, terms: Terms) -> list[SessionId]:
        """Return the sessions that ask for the same as this one, from the other side or twice."""
        return [
            session_id
            for session_id, talk in self.talks.items()
            if isinstance(talk.state, Resolving | Knocking | Answered | Knocked)
            and session_id != terms.session_id
            and talk.state.terms.intent.category == terms.intent.category
            and talk.state.terms.request.type == terms.request.type
        ]

    def _judge(self, before: AnyState, after: AnyState) -> None:
        """Note what became of a KNOCK, and of those that were waiting for this one's end."""
        terms = after.terms
        if isinstance(before, Resolving) and isinstance(after, Knocking):
            self.sheet.tell("knock_sent", terms.session_id, category=terms.intent.category)
        elif isinstance(before, Knocked) and isinstance(after, Open):
            self.sheet.changes.append(Judge(terms.session_id, "accepted"))
            self.sheet.tell("knock_accepted", terms.session_id)
        elif isinstance(before, Knocked) and isinstance(after, Ended):
            verdict: Literal["rejected", "dismissed"] = "rejected" if after.answer else "dismissed"
            self.sheet.changes.append(Judge(terms.session_id, verdict, after.reason))
            self.sheet.tell("knock_rejected", terms.session_id, reason=after.reason)
        if isinstance(after, Open) and not isinstance(before, Open | Resting):
            for rival in self.rivals(terms):
                self.apply(rival, Superseded())
        elif isinstance(after, Ended) and isinstance(before, Resolving | Knocking | Answered):
            for rival in self.rivals(terms):
                if isinstance(self.talks[rival].state, Knocked):
                    self.sheet.note(rival, wanted.AskPolicy())

    def _expiry(self, state: AnyState, talk: Talk) -> float:
        """Return how long a session takes new messages, by our own clock.

        An open one lives on with every message said or heard, also one on how far a request has
        come; receipts do not count. One that we have parted from waits as long as its good-bye.
        """
        match talk.state, state:
            case Open(closing=""), Open(closing=reason) if reason:
                return self.now + MAILBOX_SECONDS
            case Open() as before, Open() if _messages(before) == _messages(state):
                return talk.expires_at
            case _, Open(closing=""):
                return self.now + state.constraints.ttl_seconds
            case (_, Ended()) | (Open(), Resting()):
                return self.now
            case _:
                return talk.expires_at

    # --- messages of ours ---------------------------------------------------------------------

    def say(self, session_id: SessionId, sayings: tuple[Saying, ...], expires_at: float) -> None:
        """Keep new messages and send them, if the session is ready for them."""
        for saying in sayings:
            self._tell_sent(session_id, saying)
            self.sheet.rows[saying.message_id] = OutgoingRow(
                message_id=saying.message_id,
                peer=self.peer,
                session_id=session_id,
                type=saying.type,
                body=msgspec.msgpack.encode(saying),
                created_at=saying.timestamp / 1000,
                expires_at=expires_at,
            )
        self.apply(session_id, Send(sayings))

    def _tell_sent(self, session_id: SessionId, saying: Saying) -> None:
        """Tell of a message of our agent's; what the daemons say to each other is no news."""
        if is_house_mail(saying.type):
            return
        self.sheet.notices.append(
            Notice(
                kind="message_sent",
                peer=self.peer,
                session_id=session_id,
                message_id=saying.message_id,
                in_reply_to=saying.in_reply_to,
                fields={"type": saying.type},
            )
        )

    def unsettled(self, session_id: SessionId, kept_rows: list[OutgoingRow]) -> list[OutgoingRow]:
        """Return a session's unsettled messages: those in the store, as this turn left them.

        Also those that this turn said in it, or moved into it.
        """
        self.sheet.loaded.update({row.message_id: row for row in kept_rows})
        ids = dict.fromkeys([*(row.message_id for row in kept_rows), *self.sheet.rows])
        rows = [self.sheet.rows.get(name) or self.sheet.loaded[name] for name in ids]
        return [row for row in rows if row.session_id == session_id]

    def move(self, rows: list[OutgoingRow], session_id: SessionId) -> None:
        """Let messages travel in another session, under new numbers."""
        for row in rows:
            self.sheet.rows[row.message_id] = msgspec.structs.replace(
                row, session_id=session_id, sequence=None, frame_id=None
            )
        self.sheet.moved_into.add(session_id)
        if isinstance(self.talks[session_id].state, Open | Resting):
            self.sheet.unhold.add(session_id)

    def origins(self, session_id: SessionId) -> set[SessionId]:
        """Return the sessions in which the store still has what this turn moved into this one."""
        names = (name for name, row in self.sheet.rows.items() if row.session_id == session_id)
        kept = self.sheet.loaded
        return {kept[name].session_id for name in names if name in kept}

    # --- the end ------------------------------------------------------------------------------

    def finish(self) -> list[Change]:
        """Return everything to be kept, in one transaction."""
        sessions = [Put(self._row(session_id)) for session_id in sorted(self.touched)]
        kept = self.sheet.loaded
        rows: list[Change] = [
            Move(row) if name in kept else Put(row) for name, row in self.sheet.rows.items()
        ]
        errands = [Put(errand) for errand in self.sheet.errands.values()]
        # Errands come last: a change may end all those of a session, and mean the earlier ones.
        return [*sessions, *rows, *self.sheet.changes, *errands]

    def _row(self, session_id: SessionId) -> SessionRow:
        talk = self.talks[session_id]
        terms = talk.state.terms
        return SessionRow(
            session_id=session_id,
            peer=self.peer,
            ours=terms.ours,
            category=terms.intent.category,
            kind=terms.request.type,
            phase=type(talk.state).__name__.lower(),
            state=snapshot.save(talk.state),
            opened_at=talk.opened_at,
            updated_at=self.now,
            expires_at=talk.expires_at,
        )


def _messages(state: Open) -> tuple[int, int]:
    return state.said, state.heard
