"""Talking in an open session: messages out and in, tombstones."""

from collections.abc import Sequence

import msgspec

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.messages.envelope import Envelope, Parcel, decode_parcel
from agentmesh.messages.payloads import (
    CLOSE,
    CLOSED,
    OPENING,
    OWN,
    TOMBSTONE,
    Opening,
    is_reserved,
)
from agentmesh.messages.strict_json import read_json
from agentmesh.protocol.frames import SessionFrame, SessionStub
from agentmesh.protocol.ids import MessageId, uuid7
from agentmesh.protocol.signed import Purpose, Signed, read, reread
from agentmesh.session import agreement, flow, outcome, parting
from agentmesh.session.bounds import CANNOT_GO_ON, is_spent, spent
from agentmesh.session.effects import (
    AnyEffect,
    Broke,
    Confirm,
    DropAll,
    Hear,
    Over,
    ShowUpTo,
    SpendPrekey,
    StartOver,
    Unhold,
    Unsayable,
)
from agentmesh.session.events import Saying
from agentmesh.session.keyring import KeyRing
from agentmesh.session.numbers import Numbers
from agentmesh.session.parcels import answered_by, own_saying, send, send_own
from agentmesh.session.receipts import learn, receipt
from agentmesh.session.states import Ended, Open, Resting
from agentmesh.session.words import is_counted

Effects = list[AnyEffect]
NUMBER_OF_OPTIMISTIC = 2
"""The opening is the first; what travelled with the KNOCK comes next."""


# --- saying -------------------------------------------------------------------------------------


def say(
    state: Open, sayings: tuple[Saying, ...], keys: KeyRing, *, all_that_was_held: bool = False
) -> tuple[Open | Ended, Effects]:
    """Number the messages and send them in parcels, as far as the window reaches.

    The rest is held, and nothing overtakes what is held. What was agreed is the bound of the
    session: what is too large is never said, what is too much is said in another session.
    """
    if is_spent(state, keys):
        return spent(state)
    state = agreement.said(state, sayings)
    effects: Effects = []
    if large := flow.too_large(state, sayings):
        ids = tuple(saying.message_id for saying in large)
        effects.append(Unsayable(ids, flow.TOO_LARGE))
        sayings = tuple(saying for saying in sayings if saying not in large)
    first: tuple[Saying, ...] = ()
    if state.next_sequence == 1 and state.terms.ours and all_that_was_held:
        first = _first_words(state, sayings, keys)
    is_waiting = state.holding and not all_that_was_held
    room = 0 if is_waiting else max(flow.room(state) - len(first), 0)
    left = max(flow.left(state) - sum(is_counted(saying.type) for saying in first), 0)
    now, later = sayings[: min(room, left)], sayings[min(room, left) :]
    state = msgspec.structs.replace(state, holding=bool(later) or is_waiting)
    # A message that came with the KNOCK may be confirmed before the opening is there. It would end
    # a frame that they share, and the opening with it.
    pieces = ((*first, *now),) if state.optimistic is None else (first, now)
    for words in pieces:
        state, sent = send(state, words, keys)
        effects += sent
    if not later or len(now) < left or state.closing:
        return state, effects
    elsewhere = StartOver(held_only=True)
    after, said = parting.close(state, parting.CAPACITY_EXCEEDED, keys, held=elsewhere)
    return after, [*effects, *said]


def _first_words(state: Open, sayings: tuple[Saying, ...], keys: KeyRing) -> tuple[Saying, ...]:
    """Return our opening; and a grave for the message of the KNOCK if it is not said again."""
    opening = own_saying(OPENING, _opening(state), keys)
    is_next = sayings and sayings[0].message_id == state.optimistic
    if state.optimistic is None or is_next:
        return (opening,)
    return opening, own_saying(TOMBSTONE, b"{}", keys)


def _opening(state: Open) -> bytes:
    return msgspec.msgpack.encode(Opening(stub=state.our_stub))


def bury(state: Open, sequences: tuple[int, ...], keys: KeyRing) -> tuple[Open, Effects]:
    """Put tombstones where messages expired: the first of the two that arrives counts."""
    missing = [number for number in sequences if number not in state.confirmed]
    if not missing or not state.cipher.can_send or is_spent(state, keys):
        return state, []
    graves = [_stand_in(number, TOMBSTONE, b"{}", keys) for number in missing]
    if state.terms.ours and 1 not in state.confirmed:
        # The opening shared its frame with what expired: it is said again, under its number.
        graves.insert(0, _stand_in(1, OPENING, _opening(state), keys))
    return send_own(state, tuple(graves), keys)


def _stand_in(number: int, kind: str, payload: bytes, keys: KeyRing) -> Envelope:
    return Envelope(
        id=MessageId(uuid7(keys.clock.now(), keys.entropy)),
        sequence=number,
        type=kind,
        timestamp=keys.milliseconds(),
        payload=payload,
    )


# --- hearing ------------------------------------------------------------------------------------


def hear(state: Open, frame: SessionFrame, keys: KeyRing) -> tuple[Open | Resting | Ended, Effects]:
    """Open a parcel. A bad one leaves no trace; one that came before is confirmed again."""
    try:
        cipher, plaintext = state.cipher.open(frame, keys.clock.now(), keys.entropy)
    except CryptoError as error:
        if error.code == "frame_replayed":
            return state, [receipt(state)]
        if error.code in CANNOT_GO_ON:
            ended = Ended(terms=state.terms, reason=error.code, by_peer=True)
            rest = parting.rest_of(state, error.code)
            return ended, [DropAll(), *rest, Over(error.code, by_peer=True)]
        raise
    terms = state.terms
    parcel = decode_parcel(
        plaintext, session_id=terms.session_id, sender=terms.peer, to=keys.identity.amid
    )
    if flow.does_not_fit(state, parcel.envelopes):
        raise RemoteProtocolError("stream_is_full")
    first_word = not state.cipher.can_send
    state = msgspec.structs.replace(state, cipher=cipher)
    effects: Effects = []
    if first_word:
        state, effects = _begun(state)
    if parcel.receipt:
        state, learnt = learn(state, parcel.receipt)
        effects += [*learnt, Unhold()] if learnt and flow.goes_on(state) else learnt
    if not state.closing and (broken := flow.broken_by(state, parcel.envelopes)):
        after, said = parting.close(state, parting.POLICY_VIOLATION, keys)
        return after, [*effects, Broke(broken), *said, receipt(state)]
    return _take_parcel(state, parcel, effects, keys, is_late=first_word and bool(state.closing))


def _take_parcel(
    state: Open, parcel: Parcel, effects: Effects, keys: KeyRing, *, is_late: bool
) -> tuple[Open | Resting | Ended, Effects]:
    """Take what is in a parcel, and see what that ends."""
    state, heard = take(state, parcel.envelopes)
    state = agreement.told(state, heard, keys)
    effects += heard
    if is_late:
        state, said = parting.part(state, keys)
        effects += said
    effects.append(receipt(state))
    answer = next((it.sequence for it in parcel.envelopes if it.type == CLOSED), None)
    if answer is not None and state.closing == outcome.COMPLETED:
        return parting.rest(state, answer, effects)
    if state.closing:
        return parting.settle(state, effects) if parting.is_settled(state) else (state, effects)
    if state.close_at and state.received.up_to >= state.close_at[0]:
        return parting.leave(state, effects, keys)
    if _is_news(state, effects) and flow.is_complete(state):
        after, said = parting.close(state, outcome.COMPLETED, keys)
        return after, [*effects, *said]
    return state, effects


def _is_news(state: Open, effects: Effects) -> bool:
    """Whether there is more to show than before, or all of ours has arrived now."""
    is_confirmed = state.confirmed.up_to == state.next_sequence - 1
    return any(
        isinstance(effect, ShowUpTo) or (is_confirmed and isinstance(effect, Confirm))
        for effect in effects
    )


def _begun(state: Open) -> tuple[Open, Effects]:
    """The initiator has spoken: the ACCEPT has arrived, the one-time prekey has served."""
    effects: Effects = [DropAll("accept"), Unhold()]
    if state.one_time_prekey is not None:
        effects.append(SpendPrekey(state.one_time_prekey))
    state = msgspec.structs.replace(
        state, accept=b"", one_time_prekey=None, holding=not state.closing
    )
    return state, effects


def _peer_stub(state: Open, payload: bytes) -> Signed:
    try:
        signed = msgspec.msgpack.decode(payload, type=Opening).stub
    except msgspec.MsgspecError:
        raise RemoteProtocolError("opening_malformed") from None
    theirs = read(signed, SessionStub, Purpose.SESSION_RECEIPT)
    ours = reread(state.our_stub, SessionStub)
    if signed.amid != state.terms.peer or theirs != ours:
        raise RemoteProtocolError("session_receipt_differs")
    return signed


def take(state: Open, envelopes: tuple[Envelope, ...]) -> tuple[Open, Effects]:
    """Take envelopes whose numbers are new; once we have parted, only what the daemons say."""
    before = received = state.received
    effects, new = list[AnyEffect](), list[Envelope]()
    for envelope in envelopes:
        if envelope.sequence in received or (state.closing and envelope.type not in OWN):
            continue
        if envelope.sequence > state.cipher.most_messages:
            raise RemoteProtocolError("session_spent")
        received = received.add(envelope.sequence)
        new.append(envelope)
        if envelope.type in OWN:
            state, learnt = _told(_numbers_taken(state, received, new), envelope)
            effects += learnt
            new = []
        else:
            read_json(envelope.payload)  # what cannot be shown is not taken, and not confirmed
            effects.append(Hear(envelope))
    if new:
        state = _numbers_taken(state, received, new)
    if received.up_to > before.up_to:
        effects.append(ShowUpTo(received.up_to))
    return state, effects


def _told(state: Open, envelope: Envelope) -> tuple[Open, Effects]:
    """Take what the peer's daemon says to keep the session up, or to end it."""
    if envelope.type == OPENING:
        peer_stub = _peer_stub(state, envelope.payload)
        if state.peer_stub is not None:
            return state, []  # said again: what is kept may tell of the end by now, too
        state = msgspec.structs.replace(state, peer_stub=peer_stub)
        return state, [*outcome.kept_stub(state)]
    if envelope.type == CLOSE:
        close_at = (envelope.sequence, parting.reason_in(envelope.payload))
        state = msgspec.structs.replace(state, close_at=close_at, parting=envelope.payload)
        return parting.heard_good_bye(state) if state.closing else (state, [])
    if envelope.type == CLOSED:
        return state, [*outcome.answered(state, envelope.payload)]
    return state, []  # a tombstone


def _numbers_taken(state: Open, received: Numbers, new: Sequence[Envelope]) -> Open:
    """Return the state after envelopes that are new, with all that it has received by then."""
    consumed = state.consumed
    for envelope in new:
        if is_reserved(envelope.type):
            consumed = consumed.reach(envelope.sequence)  # the agent never will
    answered = {answered_by(envelope) for envelope in new} if state.unanswered else set()
    return msgspec.structs.replace(
        state,
        received=received,
        consumed=consumed,
        heard=state.heard + sum(is_counted(envelope.type) for envelope in new),
        their_words=state.their_words.add(*new),
        unanswered=tuple(name for name in state.unanswered if name not in answered),
    )


# --- what travelled with the KNOCK ---------------------------------------------------------------


def take_optimistic(state: Open, envelope: Envelope, keys: KeyRing) -> tuple[Open, Effects]:
    """Take the message of a KNOCK that was let in; it comes again after the opening."""
    if envelope.sequence != NUMBER_OF_OPTIMISTIC or flow.broken_by(state, (envelope,)):
        return state, []
    state, effects = take(state, (envelope,))
    state = agreement.told(state, effects, keys)
    return state, [*effects, ShowUpTo(NUMBER_OF_OPTIMISTIC)]
