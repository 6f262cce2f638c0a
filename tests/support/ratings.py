"""Sessions that two registrants held, and what they say of each other."""

from agentmesh.crypto.suites import PQXDH_DR
from agentmesh.protocol.frames import SessionStub
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.session_receipt import SessionOutcome, SessionReceipt, encode
from agentmesh.protocol.signed import Document, Purpose, Signed, sign
from tests.support.asking import Answer, Asker
from tests.support.registrant import Registrant

FEEDBACK = "/v1/registry/reputation/feedback"
SESSION = "/v1/registry/reputation/session"


def receipt(one: Registrant, other: Registrant, name: str, ended: str = "completed") -> bytes:
    """Return the receipt of a session that `one` began; `ended` may be empty: it goes on."""
    facts = {
        "session_id": SessionId(name),
        "initiator": one.amid,
        "receiver": other.amid,
        "suite": PQXDH_DR,
        "started": one.now,
    }

    def both(document: Document, purpose: Purpose) -> tuple[Signed, Signed]:
        return sign(document, purpose, one.key), sign(document, purpose, other.key)

    outcome = SessionOutcome(outcome=ended, initiator_messages=1, receiver_messages=1, **facts)
    return encode(
        SessionReceipt(
            stub=both(SessionStub(**facts), Purpose.SESSION_RECEIPT),
            outcome=both(outcome, Purpose.SESSION_OUTCOME) if ended else None,
        )
    )


async def rate(
    registry: Asker, rater: Registrant, target: Registrant, name: str, score: float, *tags: str
) -> Answer:
    """Let one rate the other after a session of this name."""
    body = {"receipt": receipt(rater, target, name), "feedback": {"score": score, "tags": tags}}
    return await registry.post(FEEDBACK, body, rater)
