"""Talking in an open session: parcels out and in, receipts, tombstones, the end."""

import msgspec

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.messages.envelope import Envelope, Parcel, decode_parcel, encode_parcel
from agentmesh.messages.payloads import OPENING, ClosePayload, Opening, is_house_mail
from agentmesh.messages.strict_json import read_json
from agentmesh.protocol.bounded import reason_of
from agentmesh.protocol.frames import SessionFrame, SessionStub, encode
from agentmesh.protocol.ids import FrameId, MessageId, uuid7
from agentmesh.protocol.limits import MAX_PARCEL_BYTES, MAX_PARCEL_MESSAGES
from agentmesh.protocol.signed import Purpose, Signed, read
from agentmesh.session import agreement
from agentmesh.session.bounds import CANNOT_GO_ON, closed, is_spent, spent
from agentmesh.session.effects import (
    AnyEffect,
    DropAll,
    Emit,
    Fail,
    Hear,
    Number,
    Over,
    ShowUpTo,
    SpendPrekey,
    StartOver,
    Unhold,
)
from agentmesh.session.events import Saying
from agentmesh.session.keyring import KeyRing
from agentmesh.session.receipts import receipt
from agentmesh.session.states import Ended, Open

Effects = list[AnyEffect]
CLOSE = "close"
TOMBSTONE = "tombstone"
_UNSEEN = {OPENING, CLOSE, TOMBSTONE}
MAY_START_OVER = {
    "completed",
    "timeout",
    "session_expired",
    "maintenance",
    "excessive_skip",
    "session_lost",
}
"""Ends after which nobody minds a new KNOCK for what was not taken any more."""


# --- saying -------------------------------------------------------------------------------------


def say(
    state: Open, sayings: tuple[Saying, ...], keys: KeyRing, *, all_that_was_held: bool = False
) -> tuple[Open | Ended, Effects]:
    """Number the messages and send them in parcels, as far as the window reaches.

    The rest is held, and nothing overtakes what is held.
    """
    if is_spent(state, keys):
        return spent(state)
    state = agreement.said(state, sayings)
    room = state.cipher.room(state.next_sequence - 1, state.confirmed.up_to)
    if not state.cipher.can_send or (state.holding and not all_that_was_held):
        room = 0
    room = max(room, 0)
    if state.next_sequence == 1 and state.terms.ours and all_that_was_held:
        sayings = (_own_saying(OPENING, _opening(state), keys), *sayings)
    now, later = sayings[:room], sayings[room:]
    effects: Effects = []
    holding = bool(later) or (state.holding and not all_that_was_held)
    state = msgspec.structs.replace(state, holding=holding)
    for parcel in _parcels(now):
        state, sent = _send(state, parcel, keys)
        effects += sent
    return state, effects


def _parcels(sayings: tuple[Saying, ...]) -> list[list[Saying]]:
    parcels: list[list[Saying]] = []
    size = 0
    for saying in sayings:
        size += len(saying.payload) + 200
        if not parcels or size > MAX_PARCEL_BYTES or len(parcels[-1]) == MAX_PARCEL_MESSAGES:
            parcels.append([])
            size = len(saying.payload) + 200
        parcels[-1].append(saying)
    return parcels


def _opening(state: Open) -> bytes:
    return msgspec.msgpack.encode(Opening(stub=state.our_stub))


def _own_saying(kind: str, payload: bytes, keys: KeyRing) -> Saying:
    message_id = MessageId(uuid7(keys.clock.now(), keys.entropy))
    return Saying(message_id=message_id, type=kind, payload=payload, timestamp=keys.milliseconds())


def _send(state: Open, parcel: list[Saying], keys: KeyRing) -> tuple[Open, Effects]:
    first = state.next_sequence
    envelopes = tuple(
        Envelope(
            id=saying.message_id,
            sequence=first + place,
            in_reply_to=saying.in_reply_to,
            type=saying.type,
            timestamp=saying.timestamp,
            payload=saying.payload,
            context=saying.context,
        )
        for place, saying in enumerate(parcel)
    )
    state, frame_id, emit = _emit(state, envelopes, keys)
    numbers: Effects = [
        Number(envelope.id, envelope.sequence, frame_id)
        for envelope in envelopes
        if envelope.type not in _UNSEEN
    ]
    state = msgspec.structs.replace(state, next_sequence=first + len(parcel))
    if not numbers:
        state = _remember_own(state, envelopes, frame_id)
    return state, [*numbers, emit]


def _remember_own(state: Open, envelopes: tuple[Envelope, ...], frame_id: FrameId) -> Open:
    """Remember a frame which no message of the agent's will end, with all that is in it."""
    numbers = tuple(envelope.sequence for envelope in envelopes)
    return msgspec.structs.replace(state, own_frames=(*state.own_frames, (numbers, frame_id)))


def _emit(
    state: Open, envelopes: tuple[Envelope, ...], keys: KeyRing
) -> tuple[Open, FrameId, Emit]:
    parcel = Parcel(
        session_id=state.terms.session_id,
        sender=keys.identity.amid,
        to=state.terms.peer,
        envelopes=envelopes,
    )
    plaintext = encode_parcel(keys.identity.sign(parcel, Purpose.PARCEL))
    cipher, frame = state.cipher.seal(plaintext, keys.clock.now(), keys.entropy)
    frame_id = keys.frame_id()
    emit = Emit(frame_id, "message", encode(frame))
    return msgspec.structs.replace(state, cipher=cipher), frame_id, emit


def close(state: Open, reason: str, keys: KeyRing) -> tuple[Open | Ended, Effects]:
    """Say good-bye, as soon as we may speak; the session ends when the peer has confirmed it."""
    if is_spent(state, keys):
        return closed(state, reason)
    effects: Effects = []
    state = msgspec.structs.replace(state, closing=reason, holding=False)
    if state.cipher.can_send:
        state, effects = _part(state, keys)
    held = Fail(refused=False, reason=reason, held_only=True)
    return state, [held, *effects, Over(reason, by_peer=False)]


def _part(state: Open, keys: KeyRing) -> tuple[Open, Effects]:
    payload = msgspec.json.encode(ClosePayload(reason=state.closing))
    return _send(state, [_own_saying(CLOSE, payload, keys)], keys)


def bury(state: Open, sequences: tuple[int, ...], keys: KeyRing) -> tuple[Open, Effects]:
    """Put tombstones where messages expired: the first of the two that arrives counts."""
    missing = [number for number in sequences if number not in state.confirmed]
    if not missing or not state.cipher.can_send or is_spent(state, keys):
        return state, []
    graves = [_stand_in(number, TOMBSTONE, b"{}", keys) for number in missing]
    if state.terms.ours and 1 not in state.confirmed:
        # The opening shared its frame with what expired: it is said again, under its number.
        graves.insert(0, _stand_in(1, OPENING, _opening(state), keys))
    effects: Effects = []
    for start in range(0, len(graves), MAX_PARCEL_MESSAGES):
        parcel = tuple(graves[start : start + MAX_PARCEL_MESSAGES])
        state, frame_id, emit = _emit(state, parcel, keys)
        state = _remember_own(state, parcel, frame_id)
        effects.append(emit)
    return state, effects


def _stand_in(number: int, kind: str, payload: bytes, keys: KeyRing) -> Envelope:
    return Envelope(
        id=MessageId(uuid7(keys.clock.now(), keys.entropy)),
        sequence=number,
        type=kind,
        timestamp=keys.milliseconds(),
        payload=payload,
    )


# --- hearing ------------------------------------------------------------------------------------


def hear(state: Open, frame: SessionFrame, keys: KeyRing) -> tuple[Open | Ended, Effects]:
    """Open a parcel. A bad one leaves no trace; one that came before is confirmed again."""
    try:
        cipher, plaintext = state.cipher.open(frame, keys.clock.now(), keys.entropy)
    except CryptoError as error:
        if error.code == "frame_replayed":
            return state, [receipt(state.cipher, state.received, state.consumed, keys)]
        if error.code in CANNOT_GO_ON:
            ended = Ended(terms=state.terms, reason=error.code, by_peer=True)
            rest = rest_of(state, error.code)
            return ended, [DropAll(), rest, Over(error.code, by_peer=True)]
        raise
    terms = state.terms
    parcel = decode_parcel(
        plaintext, session_id=terms.session_id, sender=terms.peer, to=keys.identity.amid
    )
    first_word = not state.cipher.can_send
    state = msgspec.structs.replace(state, cipher=cipher)
    effects: Effects = []
    if first_word:
        state, effects = _begun(state)
    state, heard = _take(state, parcel)
    state = agreement.told(state, heard, keys)
    effects += heard
    if first_word and state.closing:
        state, said = _part(state, keys)
        effects += said
    effects.append(receipt(state.cipher, state.received, state.consumed, keys))
    if state.close_at and state.received.up_to >= state.close_at[0]:
        return _ended_by_peer(state, state.close_at[1], effects)
    return state, effects


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
    ours = read(state.our_stub, SessionStub, Purpose.SESSION_RECEIPT)
    if signed.amid != state.terms.peer or theirs != ours:
        raise RemoteProtocolError("session_receipt_differs")
    return signed


def _take(state: Open, parcel: Parcel) -> tuple[Open, Effects]:
    received, effects = state.received, list[AnyEffect]()
    peer_stub, close_at, consumed = state.peer_stub, state.close_at, state.consumed
    for envelope in parcel.envelopes:
        if envelope.sequence in received:
            continue
        if envelope.sequence > state.cipher.most_messages:
            raise RemoteProtocolError("session_spent")
        received = received.add(envelope.sequence)
        if envelope.type in _UNSEEN or is_house_mail(envelope.type):
            consumed = consumed.reach(envelope.sequence)  # the agent never will
        if envelope.type == OPENING:
            peer_stub = _peer_stub(state, envelope.payload)
        elif envelope.type == CLOSE:
            close_at = (envelope.sequence, _close_reason(envelope.payload))
        elif envelope.type != TOMBSTONE:
            read_json(envelope.payload)  # what cannot be shown is not taken, and not confirmed
            effects.append(Hear(envelope))
    if received.up_to > state.received.up_to:
        effects.append(ShowUpTo(received.up_to))
    state = msgspec.structs.replace(
        state, received=received, consumed=consumed, peer_stub=peer_stub, close_at=close_at
    )
    return state, effects


def _close_reason(payload: bytes) -> str:
    try:
        return reason_of(msgspec.json.decode(payload, type=ClosePayload).reason)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "error"


def _ended_by_peer(state: Open, reason: str, effects: Effects) -> tuple[Ended, Effects]:
    """Everything before the peer's good-bye has come. What it did not take is said elsewhere."""
    ended = state.ended(reason, by_peer=True)
    return ended, [*effects, DropAll(), rest_of(state, reason), Over(reason, by_peer=True)]


def rest_of(state: Open, reason: str) -> StartOver | Fail:
    """Return what becomes of messages that the peer did not take. What we ended stays ended."""
    if state.closing:
        return Fail(refused=False, reason=state.closing)
    if reason in MAY_START_OVER:
        return StartOver()
    return Fail(refused=True, reason=reason)
