"""The one table: every state, every event, what comes of it.

Everything that moves a session from one state to another stands here. What is not listed is an
error, and blames the right side: a frame out of turn is the peer's, anything else is ours.
"""

import msgspec

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.session import (
    conversation,
    first_contact,
    flow,
    outcome,
    parting,
    receipts,
    resting,
)
from agentmesh.session.effects import AnyEffect, DropAll, Fail, Over, Resolve, StartOver
from agentmesh.session.events import (
    Accepted,
    Allowed,
    AnyEvent,
    Close,
    Denied,
    Expired,
    Heard,
    KnockRepeated,
    Lost,
    Overdue,
    PrekeyStale,
    Read,
    Receipted,
    Reconnected,
    Rejected,
    Resolved,
    Send,
    Superseded,
    Uncached,
    Unheld,
    Unresolvable,
    Unvouched,
    Vouched,
)
from agentmesh.session.keyring import KeyRing
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

TIMEOUT = "timeout"

Step = tuple[AnyState, list[AnyEffect]]
FROM_PEER = (Accepted, Rejected, PrekeyStale, KnockRepeated, Heard, Receipted, Lost)
"""Events that a frame of the peer's caused."""


def step(state: AnyState, event: AnyEvent, keys: KeyRing) -> Step:  # noqa: C901, PLR0915 (the table)
    """Return the state after `event`, and the effects to carry out."""
    match state, event:
        case Resolving() | Knocking() | Answered() | Knocked(), Overdue():
            return step(state, Close(TIMEOUT), keys)

        # Asking for leave.
        case Resolving() | Knocking() | Answered(), Send() | Unheld():
            return state, []  # said later: the messages are kept
        case Resolving(), Resolved():
            return first_contact.knock(state, event, keys)
        case Resolving(), Unresolvable():
            return _over(state, event.reason, [Fail(refused=False, reason=event.reason)])
        case Knocking(), Accepted():
            return first_contact.answered(state, event, keys)
        case Knocking(), Rejected():
            return first_contact.turn_away(state, event, keys)
        case Knocking(), PrekeyStale() if not state.fresh_keys_tried:
            return Resolving(terms=state.terms, again=True), [DropAll("knock"), Resolve()]
        case Knocking(), PrekeyStale():
            return state, []  # an unsigned word ends nothing: the KNOCK is offered on
        case Answered(), Vouched():
            return first_contact.enter(state.asked, state.accept, state.terms.peer, keys)
        case Answered(), Unvouched():
            return _over(state, event.reason, [Fail(refused=False, reason=event.reason)])
        case Answered(), Accepted() | Rejected() | PrekeyStale():
            return state, []  # it said yes, and that is being looked at
        case Answered(), Lost():
            return step(state.asked, event, keys)
        case Resolving() | Knocking() | Answered(), Superseded():
            return _over(state, "superseded", [StartOver()])
        case Knocking(fresh_keys_tried=False), Lost():
            return _over(state, "session_lost", [StartOver(last_try=True)], by_peer=True)
        case Knocking(), Lost():  # a peer that loses every KNOCK is not asked on
            failed = Fail(refused=False, reason="session_lost")
            return _over(state, "session_lost", [failed], by_peer=True)
        case Resolving() | Knocking() | Answered(), Close():
            return _over(state, event.reason, [Fail(refused=False, reason=event.reason)])

        # Being asked.
        case Knocked(), KnockRepeated():
            return state, []
        case Knocked(), Allowed():
            return first_contact.admit(state, event, keys)
        case Knocked(), Denied():
            return first_contact.refuse(state, event, keys)
        case Knocked(), Close():
            return _over(state, event.reason, [])
        case Knocked(), Superseded():
            return _over(state, "superseded", [])

        # Talking.
        case Open(accept=answer), KnockRepeated() if answer:
            return state, []  # the ACCEPT is on its way as long as it is unconfirmed
        case Open(closing=""), Send():
            return conversation.say(state, event.sayings, keys)
        case Open(closing=""), Unheld():
            return conversation.say(state, event.sayings, keys, all_that_was_held=True)
        case Open(), Heard():
            return conversation.hear(state, event.frame, keys)
        case Open(), Reconnected():
            return receipts.remind(state, keys)
        case Open(), Receipted():
            return receipts.confirm(state, event.frame, keys)
        case Open(), Read():
            return receipts.consume(state, event.sequences)
        case Open(), Expired():
            return conversation.bury(state, event.sequences, keys)
        case Open(closing=""), Close(reason=parting.CERTIFICATE_EXPIRED):
            elsewhere = StartOver(held_only=True)  # the peer's next one will be a fresh one
            return parting.close(state, event.reason, keys, held=elsewhere)
        case Open(closing=""), Close():
            return parting.close(state, event.reason, keys)
        case Open(closing=""), Overdue() if flow.has_words_out(state):
            return state, []  # they are kept for a peer that is away, as a KNOCK is
        case Open(closing=""), Overdue():
            elsewhere = StartOver(held_only=True)
            return parting.close(state, _late(state), keys, held=elsewhere)
        case Open(is_cached=True), Uncached():
            return msgspec.structs.replace(state, is_cached=False), []
        case Open(closing=""), Lost():
            rest = parting.rest_of(state, "session_lost")
            return _over(state, "session_lost", rest, by_peer=True)

        # Parting.
        case Open(closing=outcome.COMPLETED), Send():
            return msgspec.structs.replace(state, holding=True), []  # said when both have parted
        case Open(), Overdue() | Lost():
            return parting.settle(state, [])
        case Open(), Close() | Unheld():
            return state, []  # it is closing already

        # At rest: the initiator may go on.
        case Resting(terms=Terms(ours=True)), Send() | Unheld():
            return resting.go_on(state, event.sayings, keys)
        case Resting(), Heard():
            return resting.hear(state, event.frame, keys)
        case Resting(), Receipted():
            return resting.learn(state, event.frame)
        case Resting(), Read():
            return resting.consume(state, event.sequences)
        case Resting(talk=Open(is_cached=True)), Uncached():
            return resting.forget(state)
        case Resting(), Close() | Overdue() | Lost():
            return state.ended(), [DropAll()]

        # Afterwards: repetitions are answered as before, the rest is late.
        case Ended(answer=answer), KnockRepeated() if answer:
            return state, first_contact.answer_again(answer)
        case Ended(), Heard():
            return state, receipts.acknowledge_again(state, event.frame, keys)
        case Ended(), Read() | Close() | Receipted() | Lost():
            return state, []
        case Resting() | Ended(), Unheld() | Expired() | Superseded() | Unresolvable():
            return state, []
        case Resting() | Ended(), Rejected() | Accepted() | PrekeyStale():
            return state, []
        case _, Vouched() | Unvouched():
            return state, []  # it was decided meanwhile
        case _, KnockRepeated() | Reconnected() | Uncached() | Overdue():
            return state, []
        case _ if isinstance(event, FROM_PEER):
            raise RemoteProtocolError(f"{_name(event)}_while_{_name(state)}")
        case _:
            raise UsageError(f"{_name(event)}_while_{_name(state)}")


def _late(state: Open) -> str:
    return TIMEOUT if state.terms.request.type == "request_response" else "session_expired"


def _over(state: AnyState, reason: str, effects: list[AnyEffect], *, by_peer: bool = False) -> Step:
    asked = state.asked if isinstance(state, Answered) else state
    asked_with = asked.reply_secret.id if isinstance(asked, Knocking) else ""
    ended = Ended(terms=state.terms, reason=reason, by_peer=by_peer, asked_with=asked_with)
    return ended, [DropAll(), *effects, Over(reason, by_peer)]


def _name(thing: object) -> str:
    return type(thing).__name__.lower()
