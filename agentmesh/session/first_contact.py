"""KNOCK, ACCEPT and REJECT: how a session comes to be, on either side (docs/protocol.md, 5)."""

import msgspec

from agentmesh.crypto.cipher import ask, of_initiator, of_responder
from agentmesh.crypto.pqxdh import Greeting, Initiator
from agentmesh.crypto.seal import make_reply_key, seal_to_prekeys, seal_to_reply_key
from agentmesh.errors import CryptoError, Refused, RemoteProtocolError
from agentmesh.messages import capabilities
from agentmesh.protocol.bounded import reason_of
from agentmesh.protocol.frames import (
    Accept,
    Knock,
    Letter,
    Reject,
    ReplyKey,
    SessionStub,
    encode,
)
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import PROTOCOL
from agentmesh.protocol.signed import Purpose, read, reread
from agentmesh.session import optimistic
from agentmesh.session.bond import bond, show
from agentmesh.session.effects import (
    AnyEffect,
    Began,
    CheckChain,
    DropAll,
    Emit,
    EmitOnce,
    Fail,
    Over,
    StartOver,
    Unhold,
)
from agentmesh.session.events import Accepted, Allowed, Denied, Rejected, Resolved
from agentmesh.session.keyring import KeyRing
from agentmesh.session.outcome import kept_stub
from agentmesh.session.states import (
    Answered,
    Ended,
    Knocked,
    Knocking,
    Open,
    Resolving,
    Terms,
)
from agentmesh.session.words import NOTHING, Words

Effects = list[AnyEffect]
STALE_PREKEY = "stale_prekey"
AWAITING_OWNER = "awaiting_owner"
"""The one reason that is not final: the KNOCK waits, and its sender may know."""


# --- asking -------------------------------------------------------------------------------------


def knock(state: Resolving, found: Resolved, keys: KeyRing) -> tuple[Knocking | Ended, Effects]:
    """Make the handshake, and knock; a bundle of somebody else is nobody's."""
    offered = capabilities.to_offer(state.terms.capabilities, keys.offers)
    terms, bundle = msgspec.structs.replace(state.terms, capabilities=offered), found.bundle
    try:
        if bundle.amid != terms.peer:
            raise CryptoError("bundle_invalid")
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
    tie = bond(terms.session_id, handshake, terms.peer, keys)
    tie, chain = show(terms.session_id, tie, keys)
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
        certificate_chain=chain,
        handshake=handshake,
        reply_key=reply_key,
        note=terms.note,
        optimistic=optimistic.enveloped(found.first) if found.first else None,
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
        bond=tie,
    )
    return knocking, [DropAll("resolve"), Emit(frame_id, "knock", encode(frame))]


def answered(state: Knocking, event: Accepted, keys: KeyRing) -> tuple[Open | Answered, Effects]:
    """Take the peer's yes, if it is an answer to what we asked. Whom it shows is looked at first.

    An older version of ours kept no bond: then nothing can be bound to it, and it counts as none.
    """
    opened, effects = enter(state, event.accept, event.signer, keys)
    if not event.accept.certificate_chain or state.bond is None:
        return opened, effects
    looked_at = Answered(terms=state.terms, asked=state, accept=event.accept, bond=state.bond)
    return looked_at, [DropAll(), CheckChain()]


def enter(state: Knocking, accept: Accept, signer: Amid, keys: KeyRing) -> tuple[Open, Effects]:
    """Begin the session that the peer's yes agrees to."""
    terms, suite = state.terms, state.asked.suite
    _check_answer(terms, signer, (accept.knock_id, accept.sender, accept.to), keys)
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
        bond=state.bond,
    )
    return opened, [DropAll(), Began(suite), *kept_stub(opened), Unhold()]


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
    document = reread(state.knock, Knock)
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
    tie = bond(terms.session_id, document.handshake, terms.peer, keys)
    tie, chain = show(terms.session_id, tie, keys)
    accept = Accept(
        knock_id=terms.session_id,
        session_id=terms.session_id,
        suite=suite,
        accepted_capabilities=agreed.accepted,
        rejected_capabilities=agreed.rejected,
        constraints=constraints,
        certificate_chain=chain,
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
        bond=tie,
    )
    effects: Effects = [DropAll(), Emit(keys.frame_id(), "accept", answer), Began(suite)]
    if document.optimistic is not None and event.hears_first:
        opened, heard = optimistic.take(opened, document.optimistic, keys)
        effects += heard
    return opened, effects


def refuse(state: Knocked, event: Denied, keys: KeyRing) -> tuple[Knocked | Ended, Effects]:
    """Say no, or nothing, or that the owner has to decide. A repeated KNOCK gets a no again."""
    terms = state.terms
    ended = Ended(terms=terms, reason=event.reason, by_peer=False)
    over: Effects = [DropAll(), Over(event.reason, by_peer=False)]
    if event.silent:
        return ended, over
    document = reread(state.knock, Knock)
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
