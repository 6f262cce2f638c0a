"""Every parser that a peer, a relay or a client of a relay reaches, with something it reads."""

from typing import Any

import msgspec

from agentmesh.crypto.pqxdh import initiate
from agentmesh.crypto.seal import open_with_prekeys, seal_to_prekeys
from agentmesh.crypto.suites import PQXDH_DR
from agentmesh.messages.envelope import Envelope, Parcel, decode_parcel, decode_receipt
from agentmesh.messages.payloads import OPENING, PAYLOADS, Opening, parse_payload
from agentmesh.protocol import frames, relay_frames
from agentmesh.protocol.frames import (
    Accept,
    Constraints,
    Intent,
    Knock,
    Letter,
    OlmAnswer,
    OlmKeys,
    Reject,
    ReplyKey,
    Sender,
    SessionLost,
    SessionRequest,
    SessionStub,
)
from agentmesh.protocol.ids import FrameId, MessageId
from agentmesh.protocol.introduction import Introduction
from agentmesh.protocol.invites import JoinAnswer, JoinAsk, JoinEnd, JoinProof
from agentmesh.protocol.published import read_record
from agentmesh.protocol.records import AgentRecord, Capability, Pricing
from agentmesh.protocol.signed import Document, Purpose, Signed, read, sign, signing_bytes
from tests.support.crypto_parties import KNOCK, Party, seeded, session
from tests.unit.fuzz.consent_doors import CONSENT_DOORS
from tests.unit.fuzz.door import Door
from tests.unit.fuzz.envelope_door import ENVELOPE_DOORS
from tests.unit.fuzz.file_doors import FILE_DOORS
from tests.unit.fuzz.weak_doors import WEAK_DOORS

ALICE, BOB = Party.make("alice"), Party.make("bob")
NOW = 1_800_000_000_000


def packed(*values: object) -> tuple[bytes, ...]:
    return tuple(msgspec.msgpack.encode(value) for value in values)


def signed_by_alice(payload: bytes, purpose: Purpose) -> Signed:
    """Sign any bytes, as a lying peer may."""
    signature = ALICE.signing.sign(signing_bytes(purpose, payload)).signature
    return Signed(payload, ALICE.identity, signature)


def document(good: Document, purpose: Purpose) -> Door:
    """Return the door behind a signature that verifies."""
    kind = type(good)
    return Door(lambda data: read(signed_by_alice(data, purpose), kind, purpose), packed(good))


STUB = SessionStub(
    session_id=KNOCK, initiator=ALICE.amid, receiver=BOB.amid, suite=PQXDH_DR, started=NOW
)
SIGNED_STUB = sign(STUB, Purpose.SESSION_RECEIPT, ALICE.signing)
HANDSHAKE, _ = initiate(ALICE.as_initiator(), KNOCK, BOB.verified(), PQXDH_DR, seeded("doors"))
KNOCKED = Knock(
    protocol_version="agentmesh/1.0",
    id=KNOCK,
    nonce=bytes(32),
    timestamp=NOW,
    sender=Sender(amid=ALICE.amid, tier=1.5, display_name="Alice"),
    to=BOB.amid,
    intent=Intent(category="travel"),
    session_request=SessionRequest(),
    offered_capabilities=("one", "two"),
    suites=ALICE.signed_suites(),
    certificate_chain=(b"certificate",),
    handshake=msgspec.structs.replace(HANDSHAKE, olm=OlmKeys(bytes(32), bytes(32))),
    reply_key=ReplyKey("r", bytes(32), bytes(1184)),
    reputation_score=0.5,
    optimistic=b"frame",
)
ACCEPTED = Accept(
    knock_id=KNOCK,
    session_id=KNOCK,
    suite=PQXDH_DR,
    constraints=Constraints(),
    receipt_stub=SIGNED_STUB,
    timestamp=NOW,
    sender=ALICE.amid,
    to=BOB.amid,
    olm=OlmAnswer(bytes(32), b"message"),
)
REJECTED = Reject(knock_id=KNOCK, reason="busy", timestamp=NOW, sender=ALICE.amid, to=BOB.amid)
LOST = SessionLost(session_id=KNOCK, timestamp=NOW, nonce=bytes(32), sender=ALICE.amid, to=BOB.amid)
INTRODUCED = Introduction(
    introduced=BOB.amid, name="Bob", note="cooks", timestamp=NOW, sender=ALICE.amid, to=BOB.amid
)
_JOIN = {"id": KNOCK, "timestamp": NOW, "sender": ALICE.amid, "to": BOB.amid}
JOIN_ASK = JoinAsk(
    slot=1, pake=b"A" + bytes(32), reply_key=ReplyKey("r", bytes(32), bytes(1184)), **_JOIN
)  # type: ignore[arg-type]
JOIN_ANSWER = JoinAnswer(pake=b"B" + bytes(32), **_JOIN)  # type: ignore[arg-type]
JOIN_PROOF = JoinProof(tag=bytes(32), **_JOIN)  # type: ignore[arg-type]
JOIN_END = JoinEnd(ending="welcome", tag=bytes(32), tries_left=2, **_JOIN)  # type: ignore[arg-type]
PARCEL = Parcel(
    session_id=KNOCK,
    sender=ALICE.amid,
    to=BOB.amid,
    envelopes=(
        Envelope(id=MessageId(KNOCK), sequence=1, type="text", timestamp=NOW, payload=b"{}"),
    ),
)
RECORD = AgentRecord(
    amid=ALICE.amid,
    exchange_key=ALICE.signed_exchange_key(),
    capabilities=(Capability(category="travel", pricing=Pricing(model="free")),),
    relay_endpoint="wss://relay.example",
    sequence=1,
    published_at=NOW,
    expires_at=NOW,
)
LETTER = Letter("knock", sign(REJECTED, Purpose.REJECT, ALICE.signing))
LIMITS = relay_frames.Limits(
    max_frame_bytes=1,
    messages_per_minute=1,
    knocks_per_minute=1,
    receipts_per_minute=1,
    bulk_bytes_per_minute=1,
    mailbox_messages=1,
    mailbox_seconds=1,
)
FROM_RELAY = (
    relay_frames.Challenge(nonce=bytes(32), relay="ws://r", time=NOW, protocols=("a",)),
    relay_frames.Connected(session_id="s", pending_messages=0, limits=LIMITS, keepalive_seconds=25),
    relay_frames.Sent(id=FrameId("1"), outcome="queued"),
    relay_frames.Receive(
        delivery=1,
        id=FrameId("1"),
        sender=ALICE.amid,
        message_type="knock",
        encrypted_payload=b"sealed",
        timestamp=NOW,
    ),
    relay_frames.Acked(ids=(FrameId("1"), FrameId("2"))),
    relay_frames.PresenceResponse(amid=ALICE.amid, status="dnd", last_seen=NOW),
    relay_frames.Failure(code="RATE_LIMITED", message="slowly"),
    relay_frames.Disconnect(reason="bye"),
)
FROM_AGENT = (
    relay_frames.Connect(signed=SIGNED_STUB),
    relay_frames.Send(
        id=FrameId("1"), to=BOB.amid, message_type="bulk", encrypted_payload=b"sealed"
    ),
    relay_frames.Ack(deliveries=(1, 2)),
    relay_frames.Presence(status="online", visible_to=(BOB.amid,)),
    relay_frames.PresenceQuery(amid=BOB.amid),
)


def sealed_frames() -> tuple[bytes, ...]:
    """Return a KNOCK's seal, a message and a receipt, each as it travels."""
    first, message = session()[0].seal(b"hello", NOW / 1000, seeded("message"))
    receipt = first.seal_receipt(b"receipt", seeded("receipt"))
    bundle = BOB.verified()
    knock = seal_to_prekeys(LETTER, bundle.signed_prekey, bundle.kem_prekey, seeded("knock"))
    return tuple(frames.encode(frame) for frame in (knock, message, receipt))


def open_frame(data: bytes) -> None:
    """Decode a frame and open it, as Bob would."""
    frame = frames.decode(data)
    responder = session()[1]
    if isinstance(frame, frames.SealedToPrekeys):
        open_with_prekeys(frame, BOB.signed_prekey.private, BOB.kem_prekey.private)
    elif isinstance(frame, frames.MessageFrame):
        responder.open(frame, NOW / 1000, seeded("opening"))
    elif isinstance(frame, frames.ReceiptFrame):
        responder.open_receipt(frame)


def open_letter(data: bytes) -> None:
    """Open a seal inside which there is anything: everybody can make one."""
    bundle = BOB.verified()
    anything: Any = msgspec.Raw(data)
    frame = seal_to_prekeys(anything, bundle.signed_prekey, bundle.kem_prekey, seeded("letter"))
    open_with_prekeys(frame, BOB.signed_prekey.private, BOB.kem_prekey.private)


def open_parcel(data: bytes) -> None:
    decode_parcel(data, session_id=KNOCK, sender=ALICE.amid, to=BOB.amid)


def open_signed_parcel(data: bytes) -> None:
    open_parcel(msgspec.msgpack.encode(signed_by_alice(data, Purpose.PARCEL)))


DOORS = {
    "a frame": Door(open_frame, sealed_frames()),
    "a relay": Door(relay_frames.decode_from_relay, packed(*FROM_RELAY)),
    "a relay's client": Door(relay_frames.decode_from_agent, packed(*FROM_AGENT)),
    "a knock": document(KNOCKED, Purpose.KNOCK),
    "an accept": document(ACCEPTED, Purpose.ACCEPT),
    "a reject": document(REJECTED, Purpose.REJECT),
    "a lost session": document(LOST, Purpose.SESSION_LOST),
    "an introduction": document(INTRODUCED, Purpose.INTRODUCTION),
    "an ask to join": document(JOIN_ASK, Purpose.JOIN_ASK),
    "an answer to a joiner": document(JOIN_ANSWER, Purpose.JOIN_ANSWER),
    "a joiner's proof": document(JOIN_PROOF, Purpose.JOIN_PROOF),
    "an end of joining": document(JOIN_END, Purpose.JOIN_END),
    "a stub": document(STUB, Purpose.SESSION_RECEIPT),
    "a list of suites": document(ALICE.suites, Purpose.SUITES),
    "a record": Door(
        lambda data: read_record(signed_by_alice(data, Purpose.RECORD)), packed(RECORD)
    ),
    "a letter": Door(open_letter, packed(LETTER)),
    "a parcel": Door(open_parcel, packed(sign(PARCEL, Purpose.PARCEL, ALICE.signing))),
    "what is in a parcel": Door(open_signed_parcel, packed(PARCEL)),
    "a receipt": Door(decode_receipt, packed([3, [1, 2], 1, [5]])),
    "an opening": Door(
        lambda data: parse_payload(OPENING, data), packed(Opening(stub=SIGNED_STUB))
    ),
    **CONSENT_DOORS,
    **WEAK_DOORS,
    **FILE_DOORS,
    **ENVELOPE_DOORS,
}
JSON_KINDS = (*PAYLOADS, "x-unknown")
