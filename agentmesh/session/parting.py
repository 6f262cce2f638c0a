"""The end: good-byes, and what the other side had taken by then."""

from typing import Annotated

import msgspec

from agentmesh.messages.payloads import CLOSE, CLOSED, ClosePayload
from agentmesh.protocol.bounded import Count, reason_of
from agentmesh.protocol.limits import MAX_SKIPPED
from agentmesh.session.bounds import closed, is_spent, spent
from agentmesh.session.effects import (
    AnyEffect,
    Confirm,
    DropAll,
    Fail,
    Over,
    StartOver,
    Unhold,
)
from agentmesh.session.keyring import KeyRing
from agentmesh.session.numbers import Numbers
from agentmesh.session.outcome import COMPLETED, Closed, Offers, co_signed, kept, offers
from agentmesh.session.parcels import own_saying, send
from agentmesh.session.states import Ended, Open, Resting
from agentmesh.session.words import Words

Effects = list[AnyEffect]
CAPACITY_EXCEEDED = "capacity_exceeded"
POLICY_VIOLATION = "policy_violation"
CERTIFICATE_EXPIRED = "certificate_expired"
MAY_START_OVER = {
    COMPLETED,
    "timeout",
    "session_expired",
    "maintenance",
    "excessive_skip",
    "session_lost",
    CAPACITY_EXCEEDED,
    CERTIFICATE_EXPIRED,
}
"""Ends after which nobody minds a new KNOCK for what was not taken any more."""
OF_ITSELF = {"timeout", "session_expired", CAPACITY_EXCEEDED, CERTIFICATE_EXPIRED}
"""Why a daemon parts of itself. Its agent ended nothing: what was said is still to be said."""
NONE = Numbers()


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of the peer's that were taken before the good-bye; later ones will not be."""

    up_to: Count
    also: Annotated[tuple[Count, ...], msgspec.Meta(max_length=MAX_SKIPPED)] = ()


class Parting(ClosePayload, frozen=True, kw_only=True):
    """The payload of a `close`, with what only the daemons need."""

    received: Taken | None = None
    outcomes: Offers = ()


# --- saying good-bye ----------------------------------------------------------------------------


def close(
    state: Open, reason: str, keys: KeyRing, *, held: AnyEffect | None = None
) -> tuple[Open | Ended, Effects]:
    """Say good-bye. From now on nothing more is taken; the peer learns what was.

    The session is over when the peer's daemon has confirmed it. Before the initiator has spoken
    nothing can be said: then the good-bye is our first word. `held` is what becomes of messages
    that never got a number.
    """
    if is_spent(state, keys):
        return spent(state, reason) if reason in OF_ITSELF else closed(state, reason)
    effects: Effects = []
    state = msgspec.structs.replace(state, closing=reason, holding=False)
    if state.cipher.can_send:
        state, effects = part(state, keys)
    held = held or Fail(refused=False, reason=reason, held_only=True)
    return state, [held, *effects, Over(reason, by_peer=False)]


def part(state: Open, keys: KeyRing) -> tuple[Open, Effects]:
    """Say the good-bye that was decided."""
    outcomes = offers(state, keys) if state.closing == COMPLETED else ()
    payload = Parting(
        reason=state.closing,
        received=Taken(up_to=state.received.up_to, also=state.received.also),
        outcomes=outcomes,
    )
    state = msgspec.structs.replace(state, outcomes=outcomes)
    return send(state, (own_saying(CLOSE, msgspec.json.encode(payload), keys),), keys)


def is_settled(state: Open) -> bool:
    """Whether our own good-bye has arrived, and nothing else of ours will."""
    bye = state.next_sequence - 1
    if not state.closing or not state.cipher.can_send:
        return False
    if state.close_at is not None:
        return bye in state.confirmed  # both part: what came after was taken by neither
    return state.closing != COMPLETED and state.confirmed.up_to == bye


def settle(state: Open, effects: Effects) -> tuple[Ended, Effects]:
    """End what we parted from; what crossed the peer's good-bye ends by that."""
    ended = state.ended(state.closing, by_peer=False)
    reason = state.close_at[1] if state.close_at is not None else state.closing
    is_all_confirmed = state.confirmed.up_to >= state.next_sequence - 1
    rest = [] if is_all_confirmed and not state.holding else rest_of(state, reason)
    return ended, [*effects, *rest, DropAll()]


def rest_of(state: Open, reason: str, taken: Numbers = NONE) -> Effects:
    """Return what becomes of messages that the peer did not take. What we ended stays ended."""
    if state.closing and state.closing not in OF_ITSELF:
        waiting: Effects = [StartOver(held_only=True)] if state.holding else []
        return [*waiting, Fail(refused=False, reason=state.closing)]
    if reason in MAY_START_OVER:
        return [StartOver(taken=taken.union(state.confirmed))]
    return [Fail(refused=True, reason=reason)]


# --- hearing one --------------------------------------------------------------------------------


def reason_in(payload: bytes) -> str:
    """Return why the peer parts."""
    return reason_of(_parting(payload).reason)


def heard_good_bye(state: Open) -> tuple[Open, Effects]:
    """Both part: learn what of ours the peer had taken when it did."""
    taken = _taken(state, _parting(state.parting))
    if taken is None:
        return state, []
    state = msgspec.structs.replace(state, confirmed=state.confirmed.union(taken))
    return state, [Confirm(state.confirmed, consumed=False)]


def leave(state: Open, effects: Effects, keys: KeyRing) -> tuple[Ended | Resting, Effects]:
    """End: all before the peer's good-bye has come. What it did not take is said elsewhere."""
    told = _parting(state.parting)
    reason = reason_of(told.reason)
    taken = _taken(state, told)
    if taken is not None:
        effects = [*effects, Confirm(taken, consumed=False)]
    rest = rest_of(state, reason, taken or NONE)
    effects = [*effects, DropAll(), *rest, Over(reason, by_peer=True)]
    if reason != COMPLETED or taken is None:
        return state.ended(reason, by_peer=True), effects
    not_taken = state.next_sequence - 1 - taken.count
    outcome = co_signed(state, told.outcomes, taken, keys)
    state = msgspec.structs.replace(
        state,
        confirmed=Numbers(state.next_sequence - 1),  # what was not taken got other numbers
        said=state.said - not_taken,
        our_words=Words() if not_taken else state.our_words,
    )
    payload = msgspec.json.encode(Closed(outcome=outcome[0] if outcome else None))
    state, sent = send(state, (own_saying(CLOSED, payload, keys),), keys)
    if outcome is not None:
        effects += kept(state, *outcome)
    return Resting(terms=state.terms, talk=_at_rest(state), by_peer=True), [*effects, *sent]


def rest(state: Open, sequence: int, effects: Effects) -> tuple[Resting, Effects]:
    """Rest: the peer answered our good-bye with this number. Its missing ones never come."""
    received, consumed = state.received, state.consumed
    missing = [number for number in range(received.up_to + 1, sequence) if number not in received]
    for number in missing:
        received, consumed = received.add(number), consumed.reach(number)
    everything = Numbers(state.next_sequence - 1)
    done = [*effects, Confirm(everything, consumed=False), DropAll()]
    if state.holding:
        done.append(Unhold())
    state = msgspec.structs.replace(
        state,
        received=received,
        consumed=consumed,
        confirmed=everything,
        their_words=Words() if missing else state.their_words,
        own_frames=(),
    )
    return Resting(terms=state.terms, talk=_at_rest(state), by_peer=False), done


def _at_rest(state: Open) -> Open:
    return msgspec.structs.replace(
        state,
        closing="",
        close_at=None,
        parting=b"",
        holding=False,
        unanswered=(),
        outcomes=(),
        accept=b"",
    )


def _parting(payload: bytes) -> Parting:
    try:
        return msgspec.json.decode(payload, type=Parting)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Parting(reason="error")


def _taken(state: Open, told: Parting) -> Numbers | None:
    """Return what the peer had taken of what we said; None if it does not tell."""
    if told.received is None:
        return None
    said = state.next_sequence - 1
    also = {number for number in told.received.also if told.received.up_to < number <= said}
    numbers = Numbers(min(told.received.up_to, said), tuple(sorted(also))).closed()
    return numbers.union(state.confirmed)
