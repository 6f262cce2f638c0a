"""Putting envelopes on the wire: numbers, parcels, frames."""

import msgspec

from agentmesh.messages.envelope import (
    Envelope,
    Parcel,
    Receipt,
    encode_parcel,
    encode_receipt,
)
from agentmesh.messages.payloads import OWN, is_reserved
from agentmesh.protocol.frames import encode
from agentmesh.protocol.ids import FrameId, MessageId, uuid7
from agentmesh.protocol.limits import MAX_PARCEL_BYTES, MAX_PARCEL_MESSAGES
from agentmesh.protocol.signed import Purpose
from agentmesh.session.effects import AnyEffect, Emit, Number
from agentmesh.session.events import Saying
from agentmesh.session.flow import grants
from agentmesh.session.keyring import KeyRing
from agentmesh.session.numbers import Numbers
from agentmesh.session.states import Open
from agentmesh.session.words import is_counted

Effects = list[AnyEffect]
_STATUS = "status"


def own_saying(kind: str, payload: bytes, keys: KeyRing) -> Saying:
    """Return a word of the daemon's own."""
    message_id = MessageId(uuid7(keys.clock.now(), keys.entropy))
    return Saying(message_id=message_id, type=kind, payload=payload, timestamp=keys.milliseconds())


def send(state: Open, sayings: tuple[Saying, ...], keys: KeyRing) -> tuple[Open, Effects]:
    """Number messages, and put them into as few frames as they fit in."""
    effects: Effects = []
    for parcel in _parcels(sayings):
        state, sent = _send(state, parcel, keys)
        effects += sent
    return state, effects


def send_own(state: Open, envelopes: tuple[Envelope, ...], keys: KeyRing) -> tuple[Open, Effects]:
    """Send envelopes that are numbered, and that no message of the agent's will end."""
    effects: Effects = []
    for start in range(0, len(envelopes), MAX_PARCEL_MESSAGES):
        parcel = envelopes[start : start + MAX_PARCEL_MESSAGES]
        state, frame_id, emit = seal(state, parcel, keys)
        state = _remember_own(state, parcel, frame_id)
        effects.append(emit)
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
    state, frame_id, emit = seal(state, envelopes, keys)
    state = _counted(state, envelopes)
    messages = tuple((it.id, it.sequence) for it in envelopes if it.type not in OWN)
    if not messages:
        return _remember_own(state, envelopes, frame_id), [emit]
    return state, [Number(frame_id, messages), emit]


def _counted(state: Open, envelopes: tuple[Envelope, ...]) -> Open:
    said, unanswered = state.said, state.unanswered
    is_asking = state.terms.ours and state.terms.request.type == "request_response"
    for envelope in envelopes:
        said += is_counted(envelope.type)
        if is_asking and _is_request(envelope):
            unanswered = (*unanswered, envelope.id)
    return msgspec.structs.replace(
        state,
        next_sequence=state.next_sequence + len(envelopes),
        our_words=state.our_words.add(*envelopes),
        said=said,
        unanswered=unanswered,
    )


def _is_request(envelope: Envelope) -> bool:
    return envelope.in_reply_to is None and not _is_by_the_way(envelope)


def _is_by_the_way(envelope: Envelope) -> bool:
    """Whether an envelope neither asks nor answers: how far something has come, daemons' words."""
    return envelope.type == _STATUS or is_reserved(envelope.type)


def answered_by(envelope: Envelope) -> MessageId | None:
    """Return the request that an envelope is the last word on."""
    return None if _is_by_the_way(envelope) else envelope.in_reply_to


def _remember_own(state: Open, envelopes: tuple[Envelope, ...], frame_id: FrameId) -> Open:
    """Remember a frame which no message of the agent's will end, with all that is in it."""
    numbers = tuple(envelope.sequence for envelope in envelopes)
    return msgspec.structs.replace(state, own_frames=(*state.own_frames, (numbers, frame_id)))


def seal(state: Open, envelopes: tuple[Envelope, ...], keys: KeyRing) -> tuple[Open, FrameId, Emit]:
    """Seal envelopes into one frame."""
    parcel = Parcel(
        session_id=state.terms.session_id,
        sender=keys.identity.amid,
        to=state.terms.peer,
        envelopes=envelopes,
        receipt=_receipt_beside(state),
    )
    plaintext = encode_parcel(keys.identity.sign(parcel, Purpose.PARCEL))
    cipher, frame = state.cipher.seal(plaintext, keys.clock.now(), keys.entropy)
    frame_id = keys.frame_id()
    emit = Emit(frame_id, "message", encode(frame))
    return msgspec.structs.replace(state, cipher=cipher), frame_id, emit


def taken(received: Numbers, consumed: Numbers, room_up_to: int = 0) -> bytes:
    """Return the body of a receipt for these numbers of the peer's."""
    return encode_receipt(
        Receipt(
            delivered_up_to=received.up_to,
            delivered_also=received.also,
            consumed_up_to=consumed.up_to,
            consumed_also=consumed.also,
            room_up_to=room_up_to,
        )
    )


def _receipt_beside(state: Open) -> bytes:
    """Return what a frame tells besides its messages; nothing before anything has come."""
    if not state.received.count:
        return b""
    return taken(state.received, state.consumed, grants(state))
