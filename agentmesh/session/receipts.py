"""Receipts in and out: what the peer has of ours, what we have of the peer's."""

import msgspec

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.messages.envelope import Envelope, decode_parcel, decode_receipt
from agentmesh.messages.payloads import CLOSE, TOMBSTONE
from agentmesh.protocol.frames import ReceiptFrame, SessionFrame, encode
from agentmesh.protocol.ids import MessageId, uuid7
from agentmesh.protocol.world import Entropy
from agentmesh.session import flow, parting
from agentmesh.session.bounds import is_spent
from agentmesh.session.effects import (
    Acknowledge,
    AnyEffect,
    Confirm,
    Drop,
    EmitOnce,
    TellLost,
    Unhold,
)
from agentmesh.session.keyring import KeyRing
from agentmesh.session.numbers import Numbers
from agentmesh.session.outcome import COMPLETED
from agentmesh.session.parcels import send_own, taken
from agentmesh.session.states import Ended, Open

Effects = list[AnyEffect]


def learn(state: Open, body: bytes) -> tuple[Open, Effects]:
    """Learn what the peer has, and how much a stream's receiver takes."""
    told = decode_receipt(body)
    said = state.next_sequence - 1
    delivered = Numbers(told.delivered_up_to, told.delivered_also).closed()
    consumed = Numbers(told.consumed_up_to, told.consumed_also).closed()
    if max((delivered.up_to, consumed.up_to, *delivered.also, *consumed.also)) > said:
        raise RemoteProtocolError("receipt_of_unsaid")
    read_by_peer = state.read_by_peer.union(consumed)
    confirmed = state.confirmed.union(delivered).union(read_by_peer)
    room_up_to = max(state.room_up_to, told.room_up_to)
    effects: Effects = []
    if confirmed != state.confirmed:
        effects.append(Confirm(confirmed, consumed=False))
    if read_by_peer != state.read_by_peer:
        effects.append(Confirm(read_by_peer, consumed=True))
    if not effects and room_up_to == state.room_up_to:
        return state, []
    done = [
        frame_id
        for numbers, frame_id in state.own_frames
        if all(number in confirmed for number in numbers)
    ]
    effects += [Drop(frame_id) for frame_id in done]
    state = msgspec.structs.replace(
        state,
        confirmed=confirmed,
        read_by_peer=read_by_peer,
        room_up_to=room_up_to,
        own_frames=tuple(item for item in state.own_frames if item[1] not in done),
    )
    return state, effects


def confirm(state: Open, frame: ReceiptFrame, keys: KeyRing) -> tuple[Open | Ended, Effects]:
    """Learn what the peer has: make room for what is held, or end what is over."""
    before = state
    state, effects = learn(state, state.cipher.open_receipt(frame))
    if state is before:
        return state, []
    if parting.is_settled(state):
        return parting.settle(state, effects)
    if flow.goes_on(state):
        effects.append(Unhold())
    if flow.is_complete(state) and state.confirmed.up_to == state.next_sequence - 1:
        after, said = parting.close(state, COMPLETED, keys)
        return after, [*effects, *said]
    return state, effects


def consume(state: Open, sequences: tuple[int, ...]) -> tuple[Open, Effects]:
    """Tell the peer what our agent has read."""
    consumed = state.consumed
    for number in sequences:
        consumed = consumed.reach(number)
    if consumed == state.consumed:
        return state, []
    state = msgspec.structs.replace(state, consumed=consumed)
    return state, [receipt(state)]


def remind(state: Open, keys: KeyRing) -> tuple[Open, Effects]:
    """Say again what we have, and ask a full stream's receiver: earlier receipts may be lost."""
    said: Effects = [receipt(state)] if state.received.up_to else []
    if not (state.holding and flow.is_full(state)) or _is_asking(state) or is_spent(state, keys):
        return state, said
    state, asked = _ask_for_room(state, keys)
    return state, [*said, *asked]


def _is_asking(state: Open) -> bool:
    """Whether a frame is out that brings nothing new."""
    return any(
        all(number in state.confirmed for number in numbers) for numbers, _ in state.own_frames
    )


def _ask_for_room(state: Open, keys: KeyRing) -> tuple[Open, Effects]:
    """Ask for a receipt, by a frame with nothing new in it: a number that the peer has.

    Without such a number what is unconfirmed asks. It is offered until there is news: a frame each
    time would be more than a peer that is away can miss.
    """
    if not state.confirmed.up_to:
        return state, []
    name = MessageId(uuid7(keys.clock.now(), keys.entropy))
    grave = Envelope(id=name, sequence=1, type=TOMBSTONE, timestamp=0, payload=b"{}")
    return send_own(state, (grave,), keys)


def acknowledge_again(state: Ended, frame: SessionFrame, keys: KeyRing) -> Effects:
    """Confirm what comes late to a session that is over: what had come before, and a good-bye.

    Who goes on with what was completed, and is not at rest here any more, has to knock.
    """
    if state.cipher is None:
        return []
    received, consumed = state.received, state.consumed
    try:
        _, plaintext = state.cipher.open(frame, keys.clock.now(), keys.entropy)
    except CryptoError as error:
        if error.code == "frame_replayed":
            return [Acknowledge(state.cipher, taken(received, consumed))]
        return []
    terms = state.terms
    parcel = decode_parcel(
        plaintext, session_id=terms.session_id, sender=terms.peer, to=keys.identity.amid
    )
    bye = next((it.sequence for it in parcel.envelopes if it.type == CLOSE), None)
    if bye is not None:
        return [Acknowledge(state.cipher, taken(received.add(bye), consumed.reach(bye)))]
    return [TellLost()] if state.reason == COMPLETED else []


def receipt(state: Open) -> Acknowledge:
    """Return what tells the peer all that we have of it."""
    return Acknowledge(state.cipher, taken(state.received, state.consumed, flow.grants(state)))


def sealed(owed: Acknowledge, entropy: Entropy) -> EmitOnce:
    """Return the receipt that leaves now."""
    return EmitOnce("receipt", encode(owed.cipher.seal_receipt(owed.body, entropy)))
