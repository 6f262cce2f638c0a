"""Which of a peer's sessions a message travels in."""

from collections.abc import Mapping

from agentmesh.errors import UsageError
from agentmesh.messages import capabilities
from agentmesh.node.turn import Talk, Wish
from agentmesh.protocol.ids import SessionId
from agentmesh.session.states import Knocking, Open, Resolving

OPENING_SECONDS = 86400.0
"""How long we wait for the first word of whom we let in (it may be away), before we knock there."""


def choose(talks: Mapping[SessionId, Talk], wish: Wish, now: float) -> SessionId | None:
    """Return the best session for a wish, or None if one has to be begun.

    A named one must still take messages. Otherwise: an open one before one that is being asked
    for, ours before theirs, the youngest first.
    """
    if wish.session_id is not None:
        talk = talks.get(wish.session_id)
        if talk is None or not takes_messages(talk, now):
            raise UsageError(
                "session_not_found",
                "There is no open session of this id.",
                "`agentmesh sessions` lists them; without --session one is found or begun.",
            )
        return wish.session_id
    fitting = [
        (isinstance(talk.state, Open), talk.state.terms.ours, talk.opened_at, session_id)
        for session_id, talk in talks.items()
        if takes_messages(talk, now) and _fits(talk, wish)
    ]
    return max(fitting)[3] if fitting else None


def takes_messages(talk: Talk, now: float) -> bool:
    """Whether a session takes new messages, now or as soon as it is open."""
    match talk.state:
        case Open(closing="") as state:
            is_late = not state.cipher.can_send and now >= talk.opened_at + OPENING_SECONDS
            return now < talk.expires_at and not is_late
        case Resolving() | Knocking():
            return True
        case _:
            return False


def wish_of(talk: Talk) -> Wish:
    """Return what a session was wished for, to begin another like it."""
    terms = talk.state.terms
    return Wish(
        intent=terms.intent,
        request=terms.request,
        note=terms.note if terms.ours else "",
        requires=capabilities.required(terms.capabilities) if terms.ours else (),
    )


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
