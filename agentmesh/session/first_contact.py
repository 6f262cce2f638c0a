"""KNOCK, ACCEPT and REJECT: how a session comes to be, on either side (docs/protocol.md, 5)."""

import msgspec

from agentmesh.crypto.bundle import verify_bundle
from agentmesh.crypto.cipher import ask, of_initiator, of_responder
from agentmesh.crypto.pqxdh import Greeting, Initiator
from agentmesh.crypto.seal import make_reply_key, seal_to_prekeys, seal_to_reply_key
from agentmesh.errors import CryptoError, Refused, RemoteProtocolError
from agentmesh.messages import capabilities
from agentmesh.messages.envelope import Envelope
from agentmesh.messages.payloads import is_reserved
from agentmesh.protocol.bounded import reason_of
from agentmesh.protocol.certificates.contents import new_serial
from agentmesh.protocol.certificates.session import Begun
from agentmesh.protocol.frames import (
    Accept,
    Handshake,
    Knock,
    Letter,
    Reject,
    ReplyKey,
    SessionStub,
    encode,
)
from agentmesh.protocol.limits import PROTOCOL
from agentmesh.protocol.signed import Purpose, read
from agentmesh.session import conversation
from agentmesh.session.effects import (
    AnyEffect,
    Began,
    DropAll,
    Emit,
    EmitOnce,
    Fail,
    Over,
    StartOver,
    Unhold,
)
from agentmesh.session.events import Accepted, Allowed, Denied, Rejected, Resolved, Saying
from agentmesh.session.keyring import KeyRing
from agentmesh.session.outcome import kept_stub
from agentmesh.session.states import Ended, Knocked, Knocking, Open, Resolving, Terms
from agentmesh.session.words import NOTHING, Words

Effects = list[AnyEffect]
STALE_PREKEY = "stale_prekey"
AWAITING_OWNER = "awaiting_owner"
"""The one reason that is not final: the KNOCK waits, and its sender may know."""


# --- asking -------------------------------------------------------------------------------------


def knock(state: Resolving, found: Resolved, keys: KeyRing) -> tuple[Knocking | Ended, Effects]:
    """Make the handshake, and knock; a bundle that does not verify is nobody's."""
    offered = capabilities.to_offer(state.terms.capabilities, keys.offers)
    terms = msgspec.structs.replace(state.terms, capabilities=offered)
    try:
        bundle = verify_bundle(found.bundle, terms.peer)
        us = Initiator(
            identity=keys.identity.public_key,
            exchange_key=keys.exchange_key,
            exchange_private=keys.exchange_private,
            suites=keys.suites,
        )
        handshake, asked = ask(us, terms.session_id, bundle, found.suite, keys.entropy)
    except (CryptoError, RemoteProtocolError, Refused) as error:
        reason = error.code
        ended = Ended(terms=terms, reason=reason, by_peer=False)
        return ended, [DropAll(), Fail(refused=False, reason=reason), Over(reason, by_peer=False)]
    reply_key, reply_secret = make_reply_key(keys.entropy)
    document = Knock(
        protocol_version=PROTOCOL,
        id=terms.session_id,
        nonce=keys.entropy(32),
        timestamp=keys.milliseconds(),
        sender=keys.sender,
        to=terms.peer,
        intent=terms.intent,
        session_request=terms.request,
        offered_capabilities=terms.capabilities,
        suites=keys.suites,
        certificate_chain=_certified(terms, handshake, keys),
        handshake=handshake,
        reply_key=reply_key,
        note=terms.note,
        optimistic=_enveloped(found.first) if found.first else None,
    )
    letter = Letter("knock", keys.identity.sign(document, Purpose.KNOCK))
    frame = seal_to_prekeys(letter, bundle.signed_prekey, bundle.kem_prekey, keys.entropy)
    frame_id = keys.frame_id()
    knocking = Knocking(
        terms=terms,
        frame_id=frame_id,
        asked=asked,
        reply_secret=reply_secret,
        fresh_keys_tried=state.again,
        optimistic=found.first.message_id if found.first else None,
    )
    return knocking, [DropAll("resolve"), Emit(frame_id, "knock", encode(frame))]


def _certified(terms: Terms, handshake: Handshake, keys: KeyRing) -> tuple[bytes, ...]:
    """Return our chain, if there is one, with a certificate of this session before it."""
    if not keys.certificates:
        return ()
    begun = Begun(
        session_id=terms.session_id,
        key=keys.identity.public_key,
        to=terms.peer,
        handshake=handshake,
    )
    serial = new_serial(keys.entropy)
    return (keys.identity.certify(begun, serial, keys.clock.now()), *keys.certificates)


def enter(state: Knocking, event: Accepted, keys: KeyRing) -> tuple[Open, Effects]:
    """Take the peer's yes, if it is an answer to what we asked."""
    terms, accept, suite = state.terms, event.accept, state.asked.suite
    _check_answer(terms, event.signer, (accept.knock_id, accept.sender, accept.to), keys)
    if accept.suite != suite or accept.session_id != terms.session_id:
        raise RemoteProtocolError("accept_differs")
    peer_stub = accept.receipt_stub
    theirs = read(peer_stub, SessionStub, Purpose.SESSION_RECEIPT)
    agreed = (theirs.session_id, theirs.initiator, theirs.receiver, theirs.suite)
    if peer_stub.amid != terms.peer or agreed != (
        terms.session_id,
        keys.identity.amid,
        terms.peer,
        suite,
    ):
        raise RemoteProtocolError("session_receipt_differs")
    ttl_seconds = min(accept.constraints.ttl_seconds, terms.request.ttl_seconds)
    opened = Open(
        terms=terms,
        suite=suite,
        cipher=of_initiator(
            terms.session_id, state.asked, accept.olm, keys.clock.now(), keys.entropy
        ),
        our_stub=keys.identity.countersign(peer_stub, Purpose.SESSION_RECEIPT),
        peer_stub=peer_stub,
        constraints=msgspec.structs.replace(accept.constraints, ttl_seconds=ttl_seconds),
        agreed=capabilities.answered(
            terms.capabilities, accept.accepted_capabilities, accept.rejected_capabilities
        ),
        holding=True,
        our_words=Words(NOTHING),
        their_words=Words(NOTHING),
        optimistic=state.optimistic,
    )
    return opened, [DropAll(), Began(suite), *kept_stub(opened), Unhold()]


def _enveloped(first: Saying) -> bytes:
    """Return the message that travels with a KNOCK, under the number it will have."""
    envelope = Envelope(
        id=first.message_id,
        sequence=conversation.NUMBER_OF_OPTIMISTIC,
        in_reply_to=first.in_reply_to,
        type=first.type,
        timestamp=first.timestamp,
        payload=first.payload,
        context=first.context,
    )
    return msgspec.msgpack.encode(envelope)


def turn_away(state: Knocking, event: Rejected, keys: KeyRing) -> tuple[Knocking | Ended, Effects]:
    """Take the peer's no. Waiting for its owner is not yet one."""
    terms, reject = state.terms, event.reject
    _check_answer(terms, event.signer, (reject.knock_id, reject.sender, reject.to), keys)
    if reject.reason == AWAITING_OWNER:
        return msgspec.structs.replace(state, awaits_owner=True), []
    reason = reason_of(reject.reason)
    ended = Ended(terms=terms, reason=reason, by_peer=True)
    said: AnyEffect = Fail(
        refused=True, reason=reason, retry_after_seconds=reject.retry_after_seconds
    )
    if reject.reason == STALE_PREKEY and not state.fresh_keys_tried:
        said = StartOver(
            last_try=True
        )  # it would have let us in, but has not the keys we used any more
    return ended, [DropAll(), said, Over(reason, by_peer=True)]


def _check_answer(terms: Terms, signer: str, answer: tuple[str, str, str], keys: KeyRing) -> None:
    if (signer, *answer) != (terms.peer, terms.session_id, terms.peer, keys.identity.amid):
        raise RemoteProtocolError("answer_not_to_our_knock")


# --- being asked --------------------------------------------------------------------------------


def admit(state: Knocked, event: Allowed, keys: KeyRing) -> tuple[Open, Effects]:
    """Find the same root as the initiator, and say yes. Only now a session key exists."""
    terms = state.terms
    document = read(state.knock, Knock, Purpose.KNOCK)
    greeting = Greeting(
        knock_id=terms.session_id,
        identity=state.knock.signer,
        suites=document.suites,
        handshake=document.handshake,
    )
    cipher, olm = of_responder(event.prekeys, greeting, keys.clock.now())
    suite = document.handshake.suite
    stub = SessionStub(
        session_id=terms.session_id,
        initiator=terms.peer,
        receiver=keys.identity.amid,
        suite=suite,
        started=keys.milliseconds(),
    )
    our_stub = keys.identity.sign(stub, Purpose.SESSION_RECEIPT)
    ttl_seconds = min(document.session_request.ttl_seconds, event.limits.ttl_seconds)
    constraints = msgspec.structs.replace(event.limits, ttl_seconds=ttl_seconds)
    agreed = capabilities.answer(document.offered_capabilities, keys.offers)
    accept = Accept(
        knock_id=terms.session_id,
        session_id=terms.session_id,
        suite=suite,
        accepted_capabilities=agreed.accepted,
        rejected_capabilities=agreed.rejected,
        constraints=constraints,
        receipt_stub=our_stub,
        olm=olm,
        timestamp=keys.milliseconds(),
        sender=keys.identity.amid,
        to=terms.peer,
    )
    answer = _sealed(
        Letter("accept", keys.identity.sign(accept, Purpose.ACCEPT)), document.reply_key, keys
    )
    opened = Open(
        terms=terms,
        suite=suite,
        cipher=cipher,
        our_stub=our_stub,
        constraints=constraints,
        agreed=agreed,
        accept=answer,
        one_time_prekey=document.handshake.one_time_prekey_id,
        our_words=Words(NOTHING),
        their_words=Words(NOTHING),
    )
    effects: Effects = [DropAll(), Emit(keys.frame_id(), "accept", answer), Began(suite)]
    if document.optimistic is not None and event.hears_first:
        opened, heard = _take_optimistic(opened, document.optimistic, keys)
        effects += heard
    return opened, effects


def _take_optimistic(state: Open, data: bytes, keys: KeyRing) -> tuple[Open, Effects]:
    """Take the message that came with the KNOCK; one that is wrong comes again, and is blamed."""
    try:
        envelope = msgspec.msgpack.decode(data, type=Envelope)
        if is_reserved(envelope.type):
            return state, []
        return conversation.take_optimistic(state, envelope, keys)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, RemoteProtocolError):
        return state, []


def refuse(state: Knocked, event: Denied, keys: KeyRing) -> tuple[Knocked | Ended, Effects]:
    """Say no, or nothing, or that the owner has to decide. A repeated KNOCK gets a no again."""
    terms = state.terms
    ended = Ended(terms=terms, reason=event.reason, by_peer=False)
    over: Effects = [DropAll(), Over(event.reason, by_peer=False)]
    if event.silent:
        return ended, over
    document = read(state.knock, Knock, Purpose.KNOCK)
    reject = Reject(
        knock_id=terms.session_id,
        reason=event.reason,
        human_readable=event.human_readable,
        retry_after_seconds=event.retry_after_seconds,
        timestamp=keys.milliseconds(),
        sender=keys.identity.amid,
        to=terms.peer,
    )
    letter = Letter("reject", keys.identity.sign(reject, Purpose.REJECT))
    answer = _sealed(letter, document.reply_key, keys)
    if event.reason == AWAITING_OWNER:
        return state, [EmitOnce("reject", answer)]
    return msgspec.structs.replace(ended, answer=answer), [*over, EmitOnce("reject", answer)]


def answer_again(answer: bytes) -> Effects:
    """Repeat a refusal."""
    return [EmitOnce("reject", answer)]


def _sealed(letter: Letter, reply_key: ReplyKey, keys: KeyRing) -> bytes:
    return encode(seal_to_reply_key(letter, reply_key, keys.entropy))
