"""What a session with one peer can be. A state carries exactly what it needs."""

import msgspec

from agentmesh.crypto.cipher import Asked, Cipher
from agentmesh.crypto.seal import ReplySecret
from agentmesh.messages.capabilities import Agreement
from agentmesh.protocol.frames import Accept, Constraints, Intent, SessionRequest
from agentmesh.protocol.ids import Amid, FrameId, MessageId, SessionId
from agentmesh.protocol.signed import Signed
from agentmesh.session.bond import Bond
from agentmesh.session.numbers import Numbers
from agentmesh.session.words import Words


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a session is about, and between whom."""

    session_id: SessionId
    peer: Amid
    ours: bool
    intent: Intent
    request: SessionRequest
    capabilities: tuple[str, ...] = ()
    note: str = ""


class State(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """One state of a session."""

    terms: Terms


class Resolving(State, frozen=True, kw_only=True):
    """Something is to be said; the peer's keys are being looked up.

    Again: they were stale, or the KNOCK before this one was lost.
    """

    again: bool = False


class Knocking(State, frozen=True, kw_only=True):
    """Our KNOCK is out. `fresh_keys_tried`: where it is stale or lost, there is no third one."""

    frame_id: FrameId
    asked: Asked
    reply_secret: ReplySecret
    fresh_keys_tried: bool = False
    awaits_owner: bool = False
    optimistic: MessageId | None = None
    bond: Bond | None = None


class Answered(State, frozen=True, kw_only=True):
    """They said yes, and show who answers for them; whether that holds is being looked at.

    Nothing is derived from their yes yet.
    """

    asked: Knocking
    accept: Accept
    bond: Bond


class Knocked(State, frozen=True, kw_only=True):
    """Their KNOCK is here; policy or the owner has not decided yet."""

    knock: Signed


class Open(State, frozen=True, kw_only=True):
    """Both may talk.

    `said` and `heard` count messages. `room_up_to`: the highest number that a stream's receiver has
    granted. `unanswered`: our requests in a request_response session. `parting`: the peer's
    good-bye. `outcomes`: what we have signed of how it ends. `optimistic`: the message that
    travelled with our KNOCK. `bond`: what certificates are bound to; an older version kept none.
    """

    suite: str
    cipher: Cipher
    constraints: Constraints
    agreed: Agreement = Agreement()
    our_stub: Signed
    peer_stub: Signed | None = None
    next_sequence: int = 1
    confirmed: Numbers = Numbers()
    read_by_peer: Numbers = Numbers()
    received: Numbers = Numbers()
    consumed: Numbers = Numbers()
    holding: bool = False
    own_frames: tuple[tuple[tuple[int, ...], FrameId], ...] = ()
    closing: str = ""
    close_at: tuple[int, str] | None = None
    parting: bytes = b""
    accept: bytes = b""
    one_time_prekey: int | None = None
    said: int = 0
    heard: int = 0
    our_words: Words = Words()
    their_words: Words = Words()
    room_up_to: int = 0
    unanswered: tuple[MessageId, ...] = ()
    is_cached: bool = True
    outcomes: tuple[Signed, ...] = ()
    optimistic: MessageId | None = None
    bond: Bond | None = None

    def ended(self, reason: str, *, by_peer: bool) -> "Ended":
        """Return the end of this session, with what late repetitions are answered with."""
        return Ended(
            terms=self.terms,
            reason=reason,
            by_peer=by_peer,
            cipher=self.cipher,
            received=self.received,
            consumed=self.consumed,
        )


class Ended(State, frozen=True, kw_only=True):
    """It is over. What is needed to answer repetitions stays until the session is erased.

    `asked_with`: the reply key of a KNOCK of ours that was still out, and may yet be answered.
    """

    reason: str
    by_peer: bool
    answer: bytes = b""
    asked_with: str = ""
    cipher: Cipher | None = None
    received: Numbers = Numbers()
    consumed: Numbers = Numbers()


class Resting(State, frozen=True, kw_only=True):
    """It was completed on both sides, and its initiator may go on with it without a new KNOCK."""

    talk: Open
    by_peer: bool

    def ended(self) -> Ended:
        """Return the end of this session: nobody goes on with it."""
        return self.talk.ended("completed", by_peer=self.by_peer)


AnyState = Resolving | Knocking | Answered | Knocked | Open | Resting | Ended
