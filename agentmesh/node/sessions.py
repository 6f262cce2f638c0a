"""Which of a peer's sessions a message travels in: the cache that spares us KNOCKs."""

from collections.abc import Iterable, Mapping

import msgspec

from agentmesh.errors import UsageError
from agentmesh.messages import capabilities
from agentmesh.messages.payloads import rank
from agentmesh.node.turn import Talk, Turn, Wish
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.limits import MAILBOX_SECONDS, MAX_PAYLOAD, SESSION_CACHE_SECONDS
from agentmesh.session.effects import StartOver
from agentmesh.session.events import Saying
from agentmesh.session.outcome import COMPLETED
from agentmesh.session.states import Answered, AnyState, Knocking, Open, Resolving, Resting
from agentmesh.storage.interface import OutgoingRow

OPENING_SECONDS = 86400.0
"""How long we wait for the first word of whom we let in (it may be away), before we knock there."""
GOING_ON_SECONDS = 60.0
"""What is said so soon after the last message goes on with it, and spares no KNOCK of its own."""
PARTING_SECONDS = 60.0
"""How long a message waits for a session that is being completed, to go on with it."""


def choose(
    talks: Mapping[SessionId, Talk],
    wish: Wish,
    now: float,
    cache_seconds: float = SESSION_CACHE_SECONDS,
) -> SessionId | None:
    """Return the best session for a wish, or None if one has to be begun.

    A named one must still take messages. Otherwise: an open one before one at rest, that before one
    that is being completed or asked for, ours before theirs, the youngest first.
    """
    if wish.session_id is not None:
        talk = talks.get(wish.session_id)
        if talk is None or not takes_messages(talk, now, cache_seconds):
            raise UsageError(
                "session_not_found",
                "There is no open session of this id.",
                "`agentmesh sessions` lists them; without --session one is found or begun.",
            )
        return wish.session_id
    fitting = [
        (_readiness(talk), talk.state.terms.ours, talk.opened_at, session_id)
        for session_id, talk in talks.items()
        if takes_messages(talk, now, cache_seconds)
        and is_cached(talk, now, cache_seconds)
        and _fits(talk, wish)
    ]
    return max(fitting)[3] if fitting else None


def find(turn: Turn, wish: Wish, cache_seconds: float) -> SessionId:
    """Return the session for a wish: a cached one, or a new one."""
    session_id = choose(turn.talks, wish, turn.now, cache_seconds)
    if session_id is None:
        return turn.begin(wish)
    if wish.session_id is None and _begins_anew(turn.talks[session_id], turn.now):
        turn.sheet.tell("session_cached", session_id, category=wish.intent.category)
    return session_id


def find_other(turn: Turn, ended: SessionId, cache_seconds: float, *, last_try: bool) -> SessionId:
    """Return where words of a session that ended are said again: where nothing was said yet.

    Elsewhere they could come behind words that were said after them.
    """
    wish = wish_of(turn.talks[ended])
    silent = {name: talk for name, talk in turn.talks.items() if not _has_spoken(talk.state)}
    found = choose(silent, wish, turn.now, cache_seconds)
    return found or turn.begin(wish, last_try=last_try)


def _has_spoken(state: AnyState) -> bool:
    """Whether words of ours have their numbers here: in a KNOCK, too. What is held has none."""
    match state:
        case (Open() as talk) | Resting(talk=talk):
            return talk.said > 0 or talk.optimistic is not None
        case Knocking(optimistic=first) | Answered(asked=Knocking(optimistic=first)):
            return first is not None
        case _:
            return False


def _begins_anew(talk: Talk, now: float) -> bool:
    """Whether a message begins a conversation that would need a KNOCK, and not goes on with one."""
    match talk.state:
        case Open() as state:
            return now >= talk.expires_at - state.constraints.ttl_seconds + GOING_ON_SECONDS
        case state:
            return isinstance(state, Resting)


def most_bytes(
    talks: Mapping[SessionId, Talk], wish: Wish, now: float, cache_seconds: float
) -> int:
    """Return how large a message may be that is wished for, as far as it is agreed already."""
    session_id = choose(talks, wish, now, cache_seconds)
    state = talks[session_id].state if session_id is not None else None
    agreed = state.talk if isinstance(state, Resting) else state
    return agreed.constraints.max_message_size_bytes if isinstance(agreed, Open) else MAX_PAYLOAD


def wish_of(talk: Talk) -> Wish:
    """Return what a session was wished for, to begin another like it."""
    terms = talk.state.terms
    return Wish(
        intent=terms.intent,
        request=terms.request,
        note=terms.note if terms.ours else "",
        requires=capabilities.required(terms.capabilities) if terms.ours else (),
    )


def in_order(rows: Iterable[OutgoingRow]) -> tuple[Saying, ...]:
    """Return what is held, in the order in which it is said: the urgent first."""
    held = (msgspec.msgpack.decode(it.body, type=Saying) for it in rows if it.sequence is None)
    return tuple(sorted(held, key=lambda saying: rank(saying.priority)))


def is_said_elsewhere(row: OutgoingRow, over: StartOver) -> bool:
    """Whether a message that is not confirmed is to be said elsewhere after this end."""
    return row.sequence is None or not (over.held_only or row.sequence in over.taken)


def takes_messages(talk: Talk, now: float, cache_seconds: float = SESSION_CACHE_SECONDS) -> bool:
    """Whether a session takes new messages, now or as soon as it is open."""
    match talk.state:
        case Open(closing="") as state:
            is_late = not state.cipher.can_send and now >= talk.opened_at + OPENING_SECONDS
            return now < talk.expires_at and not is_late
        case Open(closing=closing) as state:
            has_just_begun = now < talk.expires_at - MAILBOX_SECONDS + PARTING_SECONDS
            return closing == COMPLETED and state.terms.ours and has_just_begun
        case Resting() as state:
            is_known = state.talk.confirmed.up_to == state.talk.next_sequence - 1
            return state.terms.ours and is_known and may_go_on(state, talk, now, cache_seconds)
        case Resolving() | Knocking() | Answered():
            return True
        case _:
            return False


def may_go_on(state: Resting, talk: Talk, now: float, cache_seconds: float) -> bool:
    """Whether what is at rest may be gone on with: for as long as sessions are cached."""
    return state.talk.is_cached and now < talk.expires_at + cache_seconds


def is_cached(talk: Talk, now: float, cache_seconds: float) -> bool:
    """Whether a new conversation may use this session: one in use lately. A stream stays."""
    match talk.state:
        case Open(closing="") as state:
            last_use = talk.expires_at - state.constraints.ttl_seconds
            is_stream = state.terms.request.type == "stream"
            return state.is_cached and (is_stream or now < last_use + cache_seconds)
        case Open() as state:
            return state.is_cached
        case _:
            return True


def _readiness(talk: Talk) -> int:
    match talk.state:
        case Open(closing=""):
            return 2
        case Resting():
            return 1
        case _:
            return 0


def _fits(talk: Talk, wish: Wish) -> bool:
    terms = talk.state.terms
    is_alike = terms.intent.category == wish.intent.category
    return is_alike and terms.request.type == wish.request.type and _has_all(talk, wish.requires)


def _has_all(talk: Talk, words: tuple[str, ...]) -> bool:
    """Whether the peer has all of this, or is being asked for all of it."""
    state = talk.state
    if isinstance(state, Open):
        return all(capabilities.has(state.agreed.accepted, word) for word in words)
    return set(words) <= set(capabilities.required(state.terms.capabilities))
