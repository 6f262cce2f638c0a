"""Going on with what was completed, without a new KNOCK: its initiator may."""

import msgspec

from agentmesh.errors import CryptoError
from agentmesh.messages.envelope import decode_parcel
from agentmesh.protocol.frames import ReceiptFrame, SessionFrame
from agentmesh.session import conversation, receipts
from agentmesh.session.effects import AnyEffect, Began, TellLost
from agentmesh.session.events import Saying
from agentmesh.session.keyring import KeyRing
from agentmesh.session.states import Ended, Open, Resting

Effects = list[AnyEffect]


def go_on(
    state: Resting, sayings: tuple[Saying, ...], keys: KeyRing
) -> tuple[Open | Resting | Ended, Effects]:
    """Say more, in the numbers and under the keys that come next."""
    if not sayings:
        return state, []
    opened, effects = conversation.say(state.talk, sayings, keys)
    return opened, [Began(state.talk.suite), *effects]


def hear(
    state: Resting, frame: SessionFrame, keys: KeyRing
) -> tuple[Open | Resting | Ended, Effects]:
    """Open again for what the initiator says next. What only comes late wakes nobody."""
    if state.terms.ours:
        return _overhear(state, frame, keys)
    after, effects = conversation.hear(state.talk, frame, keys)
    if after is state.talk:
        return state, effects
    if isinstance(after, Open) and after.received == state.talk.received:
        return msgspec.structs.replace(state, talk=after), effects
    if not state.talk.is_cached:
        return state, [TellLost()]
    return after, [Began(state.talk.suite), *effects]


def _overhear(state: Resting, frame: SessionFrame, keys: KeyRing) -> tuple[Resting, Effects]:
    """Confirm again what comes late; only we may go on, so nothing else is taken."""
    talk, terms = state.talk, state.terms
    try:
        cipher, plaintext = talk.cipher.open(frame, keys.clock.now(), keys.entropy)
    except CryptoError as error:
        if error.code == "frame_replayed":
            return state, [receipts.receipt(talk)]
        raise
    parcel = decode_parcel(
        plaintext, session_id=terms.session_id, sender=terms.peer, to=keys.identity.amid
    )
    talk = msgspec.structs.replace(talk, cipher=cipher)
    is_late = all(envelope.sequence in talk.received for envelope in parcel.envelopes)
    state = msgspec.structs.replace(state, talk=talk)
    return state, [receipts.receipt(talk)] if is_late else [TellLost()]


def learn(state: Resting, frame: ReceiptFrame) -> tuple[Resting, Effects]:
    """Learn what the peer has, and has read meanwhile."""
    talk, effects = receipts.learn(state.talk, state.talk.cipher.open_receipt(frame))
    return msgspec.structs.replace(state, talk=talk), effects


def consume(state: Resting, sequences: tuple[int, ...]) -> tuple[Resting, Effects]:
    """Tell the peer what our agent has read meanwhile."""
    talk, effects = receipts.consume(state.talk, sequences)
    return msgspec.structs.replace(state, talk=talk), effects


def forget(state: Resting) -> tuple[Resting, Effects]:
    """Let nobody go on with this: who wants to has to knock."""
    talk = msgspec.structs.replace(state.talk, is_cached=False)
    return msgspec.structs.replace(state, talk=talk), []
