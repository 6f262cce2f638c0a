"""The session receipt: the stub that both signed, and the outcome that both may sign at the end."""

from typing import Annotated

import msgspec

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.messages.payloads import Payload
from agentmesh.protocol.frames import SessionStub
from agentmesh.protocol.session_receipt import SessionOutcome, SessionReceipt, fingerprint
from agentmesh.protocol.signed import Purpose, Signed, read, reread
from agentmesh.session.effects import KeepReceipt
from agentmesh.session.keyring import KeyRing
from agentmesh.session.numbers import Numbers
from agentmesh.session.states import Open

COMPLETED = "completed"
Offers = Annotated[tuple[Signed, ...], msgspec.Meta(max_length=2)]
"""Outcomes that may be co-signed, best first."""


class Closed(Payload, frozen=True, kw_only=True):
    """The answer to a `close` as completed: one of its outcomes, co-signed."""

    outcome: Signed | None = None


def kept_stub(state: Open) -> list[KeepReceipt]:
    """Keep the stub alone, once both have signed it: nobody has to close well for that."""
    if state.peer_stub is None:
        return []
    stub = _in_order(state, state.our_stub, state.peer_stub)
    return [KeepReceipt(SessionReceipt(stub=stub))]


def answered(state: Open, payload: bytes) -> list[KeepReceipt]:
    """Take the peer's copy of an outcome that we signed; of another one nothing comes."""
    try:
        theirs = msgspec.json.decode(payload, type=Closed).outcome
        if theirs is None:
            return []
        read(theirs, SessionOutcome, Purpose.SESSION_OUTCOME)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return []
    except (CryptoError, RemoteProtocolError):
        return []
    for ours in state.outcomes:
        if ours.payload == theirs.payload and theirs.amid == state.terms.peer:
            return kept(state, ours, theirs)
    return []


def offers(state: Open, keys: KeyRing) -> Offers:
    """Sign how it ends, with the words where they are known, and without them."""
    known = not state.received.also and state.our_words.digest and state.their_words.digest
    views = [_outcome(state, state.said, with_words=True)] if known else []
    views.append(_outcome(state, state.said, with_words=False))
    return tuple(keys.identity.sign(view, Purpose.SESSION_OUTCOME) for view in views)


def co_signed(
    state: Open, offered: Offers, taken: Numbers, keys: KeyRing
) -> tuple[Signed, Signed] | None:
    """Sign the first of the peer's outcomes that is as we saw it; return our copy and its."""
    not_taken = state.next_sequence - 1 - taken.count
    is_known = state.our_words.digest and state.their_words.digest
    mine = [_outcome(state, state.said - not_taken, with_words=False)]
    if not not_taken and is_known:
        mine.append(_outcome(state, state.said, with_words=True))
    for theirs in offered:
        try:
            said = read(theirs, SessionOutcome, Purpose.SESSION_OUTCOME)
        except (CryptoError, RemoteProtocolError):
            continue
        if theirs.amid == state.terms.peer and said in mine:
            return keys.identity.countersign(theirs, Purpose.SESSION_OUTCOME), theirs
    return None


def _outcome(state: Open, said: int, *, with_words: bool) -> SessionOutcome:
    stub = reread(state.our_stub, SessionStub)
    counts, words = (said, state.heard), (state.our_words.digest, state.their_words.digest)
    if not state.terms.ours:
        counts, words = counts[::-1], words[::-1]
    return SessionOutcome(
        session_id=stub.session_id,
        initiator=stub.initiator,
        receiver=stub.receiver,
        suite=stub.suite,
        started=stub.started,
        outcome=COMPLETED,
        initiator_messages=counts[0],
        receiver_messages=counts[1],
        transcript=fingerprint(*words) if with_words else None,
    )


def kept(state: Open, ours: Signed, theirs: Signed) -> list[KeepReceipt]:
    if state.peer_stub is None:
        return []
    stub = _in_order(state, state.our_stub, state.peer_stub)
    return [KeepReceipt(SessionReceipt(stub=stub, outcome=_in_order(state, ours, theirs)))]


def _in_order(state: Open, ours: Signed, theirs: Signed) -> tuple[Signed, Signed]:
    return (ours, theirs) if state.terms.ours else (theirs, ours)
