"""A session receipt as one JSON file, for somebody who has nothing but this file.

What people read stands beside the receipt itself, and is made from it: a file in which one byte is
another is not the file that its receipt makes, and is refused.
"""

import base64
import binascii
from typing import Annotated, Literal

import msgspec

from agentmesh.errors import CryptoError, IntegrityError, RemoteProtocolError
from agentmesh.protocol.limits import AGENT_SIGNATURE_MAX_AHEAD
from agentmesh.protocol.session_receipt import (
    MAX_RECEIPT_BYTES,
    Proven,
    SessionReceipt,
    decode,
    encode,
    prove,
)
from agentmesh.protocol.times import to_text

MAX_FILE_BYTES = 32 * 1024
FIRST_DAY = 1_735_689_600.0
"""2025-01-01: before then nobody spoke this protocol."""


class ReceiptFile(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The members of the file, in their order."""

    agentmesh_receipt: Literal[1] = 1
    session_id: str
    initiator: str
    receiver: str
    suite: str
    started: str
    outcome: str
    """How it ended, as both saw it; empty where only its beginning is proven."""
    initiator_messages: int | None
    receiver_messages: int | None
    transcript: str
    receipt: Annotated[str, msgspec.Meta(max_length=2 * MAX_RECEIPT_BYTES)]


def write(receipt: SessionReceipt, proven: Proven) -> bytes:
    """Return the file for a receipt."""
    stub, outcome = proven.stub, proven.outcome
    told = ReceiptFile(
        session_id=stub.session_id,
        initiator=stub.initiator,
        receiver=stub.receiver,
        suite=stub.suite,
        started=_time(stub.started),
        outcome=outcome.outcome if outcome else "",
        initiator_messages=outcome.initiator_messages if outcome else None,
        receiver_messages=outcome.receiver_messages if outcome else None,
        transcript=outcome.transcript.hex() if outcome and outcome.transcript else "",
        receipt=base64.b64encode(encode(receipt)).decode(),
    )
    return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"


def read(data: bytes, now: float) -> ReceiptFile:
    """Return what a file proves, or raise `IntegrityError` with the check that failed."""
    if len(data) > MAX_FILE_BYTES:
        raise _wrong("receipt_malformed", "This is no receipt: it is too large.")
    try:
        told = msgspec.json.decode(data, type=ReceiptFile)
        receipt = decode(base64.b64decode(told.receipt, validate=True))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, binascii.Error, ValueError):
        raise _wrong("receipt_malformed", "This is no receipt, or it is damaged.") from None
    except RemoteProtocolError:
        raise _wrong("receipt_malformed", "The receipt in this file is damaged.") from None
    proven = prove_it(receipt)
    _check_time(proven.stub.started, now)
    if write(receipt, proven) != data:
        raise _wrong("receipt_altered", "What the file says is not what the two have signed.")
    return told


def prove_it(receipt: SessionReceipt) -> Proven:
    """Return what a receipt proves; every failure is an `IntegrityError` that says which."""
    try:
        return prove(receipt)
    except CryptoError:
        raise _wrong("receipt_signature_invalid", "A signature in this receipt is wrong.") from None
    except RemoteProtocolError:
        raise _wrong(
            "receipt_differs",
            "The two copies differ, or are not signed by the two parties that they name.",
        ) from None


def _check_time(started: int, now: float) -> None:
    if not FIRST_DAY <= started / 1000 <= now + AGENT_SIGNATURE_MAX_AHEAD:
        raise _wrong("receipt_time", f"A session cannot have begun at {_time(started)}.")


def _time(milliseconds: int) -> str:
    try:
        return to_text(milliseconds / 1000)
    except (ValueError, OverflowError, OSError):
        raise _wrong("receipt_time", "A session cannot have begun at such a time.") from None


def _wrong(code: str, message: str) -> IntegrityError:
    return IntegrityError(code, message)
