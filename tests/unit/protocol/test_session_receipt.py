"""A session receipt proves what two agents signed, and nothing that one of them made up."""

import msgspec
import pytest
from nacl.signing import SigningKey

from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.protocol.frames import SessionStub
from agentmesh.protocol.ids import SessionId, amid_of
from agentmesh.protocol.session_receipt import (
    MAX_RECEIPT_BYTES,
    SessionOutcome,
    SessionReceipt,
    decode,
    encode,
    fingerprint,
    prove,
)
from agentmesh.protocol.signed import Document, Purpose, Signed, sign

ALICE, BOB, EVE = (SigningKey(letter * 32) for letter in (b"a", b"b", b"e"))
STUB = SessionStub(
    session_id=SessionId("018f0000-0000-7000-8000-000000000001"),
    initiator=amid_of(bytes(ALICE.verify_key)),
    receiver=amid_of(bytes(BOB.verify_key)),
    suite="pqxdh-dr.v1",
    started=1,
)
OUTCOME = SessionOutcome(
    **msgspec.structs.asdict(STUB),
    outcome="completed",
    initiator_messages=1,
    receiver_messages=2,
    transcript=fingerprint(bytes(32), bytes(32)),
)


def both(document: Document, purpose: Purpose) -> tuple[Signed, Signed]:
    return sign(document, purpose, ALICE), sign(document, purpose, BOB)


STUBS = both(STUB, Purpose.SESSION_RECEIPT)
WHOLE = SessionReceipt(stub=STUBS, outcome=both(OUTCOME, Purpose.SESSION_OUTCOME))


def test_a_receipt_proves_how_a_session_ended() -> None:
    proven = prove(decode(encode(WHOLE)))
    assert (proven.stub, proven.outcome) == (STUB, OUTCOME)


def test_the_stub_alone_is_a_receipt_of_the_weaker_kind() -> None:
    proven = prove(decode(encode(SessionReceipt(stub=STUBS))))
    assert (proven.stub, proven.outcome) == (STUB, None)


OTHER = msgspec.structs.replace
FORGED = {
    "one side only": SessionReceipt(stub=(STUBS[0], STUBS[0])),
    "the wrong way round": SessionReceipt(stub=(STUBS[1], STUBS[0])),
    "a third party": SessionReceipt(stub=(STUBS[0], sign(STUB, Purpose.SESSION_RECEIPT, EVE))),
    "two stories": OTHER(
        WHOLE,
        outcome=(
            sign(OUTCOME, Purpose.SESSION_OUTCOME, ALICE),
            sign(OTHER(OUTCOME, outcome="error"), Purpose.SESSION_OUTCOME, BOB),
        ),
    ),
    "the outcome of another session": OTHER(
        WHOLE, outcome=both(OTHER(OUTCOME, started=2), Purpose.SESSION_OUTCOME)
    ),
    "a session with oneself": SessionReceipt(
        stub=(sign(OTHER(STUB, receiver=STUB.initiator), Purpose.SESSION_RECEIPT, ALICE),) * 2
    ),
}


@pytest.mark.parametrize("what", FORGED)
def test_what_two_did_not_both_sign_proves_nothing(what: str) -> None:
    with pytest.raises(RemoteProtocolError, match="session_receipt_differs"):
        prove(FORGED[what])


def test_a_signature_for_another_purpose_proves_nothing() -> None:
    with pytest.raises(CryptoError):
        prove(OTHER(WHOLE, outcome=both(OUTCOME, Purpose.SESSION_RECEIPT)))
    changed = OTHER(STUBS[0], payload=STUBS[0].payload[:-1] + b"\x02")
    with pytest.raises(CryptoError):
        prove(SessionReceipt(stub=(changed, STUBS[1])))


@pytest.mark.parametrize("data", [b"", b"\xc1", b"\x80", encode(WHOLE)[:-1], b"\x91" * 5000])
def test_what_is_no_receipt_is_refused(data: bytes) -> None:
    with pytest.raises(RemoteProtocolError, match="receipt_malformed"):
        decode(data)


def test_a_receipt_that_is_too_large_is_not_even_read() -> None:
    with pytest.raises(RemoteProtocolError, match="receipt_too_large"):
        decode(bytes(MAX_RECEIPT_BYTES + 1))
