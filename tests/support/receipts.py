"""Receipts that two agents have really signed."""

from agentmesh.crypto.secret import Secret
from agentmesh.crypto.suites import PQXDH_DR
from agentmesh.identity.keys import Identity
from agentmesh.protocol.frames import SessionStub
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.session_receipt import SessionOutcome, SessionReceipt
from agentmesh.protocol.signed import Document, Purpose, Signed

ALICE, BOB = (Identity(Secret(letter * 32)) for letter in (b"a", b"b"))
SESSION = SessionId("0190a0a0-0000-7000-8000-000000000001")
STARTED = 1_800_000_000_000
STUB = SessionStub(
    session_id=SESSION,
    initiator=ALICE.amid,
    receiver=BOB.amid,
    suite=PQXDH_DR,
    started=STARTED,
)
OUTCOME = SessionOutcome(
    session_id=SESSION,
    initiator=ALICE.amid,
    receiver=BOB.amid,
    suite=PQXDH_DR,
    started=STARTED,
    outcome="completed",
    initiator_messages=3,
    receiver_messages=2,
    transcript=bytes(range(32)),
)


def both(document: Document, purpose: Purpose) -> tuple[Signed, Signed]:
    """Return a document as its initiator and its receiver signed it."""
    return ALICE.sign(document, purpose), BOB.sign(document, purpose)


def receipt(*, is_over: bool = True) -> SessionReceipt:
    """Return the receipt of a session of Alice's with Bob."""
    outcome = both(OUTCOME, Purpose.SESSION_OUTCOME) if is_over else None
    return SessionReceipt(stub=both(STUB, Purpose.SESSION_RECEIPT), outcome=outcome)
