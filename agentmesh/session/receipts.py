"""Receipts in and out: what the peer has of ours, what we have of the peer's."""

import msgspec

from agentmesh.crypto.cipher import Cipher
from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.messages.envelope import Receipt, decode_receipt, encode_receipt
from agentmesh.protocol.frames import ReceiptFrame, SessionFrame, encode
from agentmesh.session.effects import AnyEffect, Confirm, Drop, DropAll, EmitOnce, Unhold
from agentmesh.session.keyring import KeyRing
from agentmesh.session.numbers import Numbers
from agentmesh.session.states import Ended, Open

Effects = list[AnyEffect]


def confirm(state: Open, frame: ReceiptFrame) -> tuple[Open | Ended, Effects]:
    """Learn what the peer has; make room for what is held."""
    told = decode_receipt(state.cipher.open_receipt(frame))
    said = state.next_sequence - 1
    delivered = Numbers(told.delivered_up_to, told.delivered_also).closed()
    consumed = Numbers(told.consumed_up_to, told.consumed_also).closed()
    if max((delivered.up_to, consumed.up_to, *delivered.also, *consumed.also)) > said:
        raise RemoteProtocolError("receipt_of_unsaid")
    read_by_peer = state.read_by_peer.union(consumed)
    confirmed = state.confirmed.union(delivered).union(read_by_peer)
    effects: Effects = []
    if confirmed != state.confirmed:
        effects.append(Confirm(confirmed, consumed=False))
    if read_by_peer != state.read_by_peer:
        effects.append(Confirm(read_by_peer, consumed=True))
    if not effects:
        return state, []
    done = [
        frame_id
        for numbers, frame_id in state.own_frames
        if all(number in confirmed for number in numbers)
    ]
    effects += [Drop(frame_id) for frame_id in done]
    left = tuple(item for item in state.own_frames if item[1] not in done)
    state = msgspec.structs.replace(
        state, confirmed=confirmed, read_by_peer=read_by_peer, own_frames=left
    )
    if state.closing and confirmed.up_to == said:
        return state.ended(state.closing, by_peer=False), [*effects, DropAll()]
    if state.holding:
        effects.append(Unhold())
    return state, effects


def consume(state: Open, sequences: tuple[int, ...], keys: KeyRing) -> tuple[Open, Effects]:
    """Tell the peer what our agent has read."""
    consumed = state.consumed
    for number in sequences:
        consumed = consumed.reach(number)
    if consumed == state.consumed:
        return state, []
    state = msgspec.structs.replace(state, consumed=consumed)
    return state, [receipt(state.cipher, state.received, consumed, keys)]


def remind(state: Open, keys: KeyRing) -> Effects:
    """Say again what we have; an earlier receipt may be lost."""
    if not state.received.up_to:
        return []
    return [receipt(state.cipher, state.received, state.consumed, keys)]


def acknowledge_again(state: Ended, frame: SessionFrame, keys: KeyRing) -> Effects:
    """Confirm what comes late to a session that is over, as far as it had come before."""
    if state.cipher is None:
        return []
    try:
        state.cipher.open(frame, keys.clock.now(), keys.entropy)
    except CryptoError as error:
        if error.code == "frame_replayed":
            return [receipt(state.cipher, state.received, state.consumed, keys)]
    return []


def receipt(cipher: Cipher, received: Numbers, consumed: Numbers, keys: KeyRing) -> EmitOnce:
    body = encode_receipt(
        Receipt(
            delivered_up_to=received.up_to,
            delivered_also=received.also,
            consumed_up_to=consumed.up_to,
            consumed_also=consumed.also,
        )
    )
    return EmitOnce("receipt", encode(cipher.seal_receipt(body, keys.entropy)))
