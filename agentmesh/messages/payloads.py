"""What an envelope's payload says, by its type.

Types are open: one we do not know is data with a name, never an error. A payload may have more
members than its type lists; the agent sees all of them.
"""

from typing import Annotated, Any, Literal

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.strict_json import Json, read_json
from agentmesh.protocol.bounded import Word
from agentmesh.protocol.feedback import Feedback, Share
from agentmesh.protocol.signed import Signed

ErrorCode = Literal[
    "unknown_error",
    "internal_error",
    "timeout",
    "cancelled",
    "invalid_request",
    "missing_parameter",
    "invalid_parameter",
    "unsupported_operation",
    "unauthorized",
    "forbidden",
    "quota_exceeded",
    "rate_limited",
    "not_found",
    "resource_exhausted",
    "unavailable",
    "session_expired",
    "session_not_found",
    "capability_not_supported",
    "schema_validation_failed",
    "external_service_error",
    "network_error",
]
"""The standard codes of an `error`. A peer may use others."""

CloseReason = Literal[
    "completed",
    "cancelled_by_initiator",
    "cancelled_by_receiver",
    "timeout",
    "error",
    "session_expired",
    "excessive_skip",
    "budget_exceeded",
    "capacity_exceeded",
    "policy_violation",
    "key_changed",
    "killed_by_owner",
    "invalid_certificate",
    "certificate_expired",
    "certificate_revoked",
    "maintenance",
]
"""The standard reasons of a `close`. One we do not know closes a session as well."""

Priority = Literal["low", "normal", "high", "urgent"]
_BY_URGENCY: tuple[Priority, ...] = ("urgent", "high", "normal", "low")

Amount = Annotated[float, msgspec.Meta(ge=0)]
Seconds = Annotated[int, msgspec.Meta(ge=0, le=366 * 86400)]
Words = tuple[Word, ...]


class Payload(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one type of message says."""


class Budget(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a request may cost."""

    amount: Amount | None = None
    currency: Word = ""
    max_cost: Amount | None = None


class Cost(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a request has cost so far."""

    amount: Amount
    currency: Word = ""


class Request(Payload, frozen=True, kw_only=True):
    """Do this for me. `schema` is that of the parameters."""

    intent: str
    parameters: dict[str, Any] = {}
    schema: str = ""
    budget: Budget | None = None
    priority: Priority = "normal"
    response_format: str = ""


class Response(Payload, frozen=True, kw_only=True):
    """What came of a request. `schema` is that of the results."""

    status: Word
    results: Any = None
    result_count: Annotated[int, msgspec.Meta(ge=0)] | None = None
    schema: str = ""
    cost: Cost | None = None
    processing_time_ms: Amount | None = None
    completed_at: str = ""


class StatusPayload(Payload, frozen=True, kw_only=True):
    """How far a request has come."""

    progress: Share
    phase: str = ""
    estimated_completion_seconds: Amount | None = None
    cost: Cost | None = None
    message: str = ""


class ErrorPayload(Payload, frozen=True, kw_only=True):
    """Why a request came to nothing. Ours have an `ErrorCode`."""

    code: Word
    message: str
    retry_after_seconds: Seconds | None = None
    fallback_amid: str = ""
    details: Any = None


class ClosePayload(Payload, frozen=True, kw_only=True):
    """Good-bye. Ours have a `CloseReason`."""

    reason: Word
    summary: str = ""
    reputation_feedback: Feedback | None = None


class Text(Payload, frozen=True, kw_only=True):
    """Plain words."""

    text: str


class Opening(Payload, frozen=True, kw_only=True):
    """The initiator's first envelope: its half of the session receipt, `Signed(SessionStub)`."""

    stub: Signed


class Tombstone(Payload, frozen=True, kw_only=True):
    """A message of this number expired before it left: wait for it no longer."""


class CapabilityRequest(Payload, frozen=True, kw_only=True):
    """What I look for, what I offer, and in which forms."""

    i_need: Words = ()
    i_offer: Words = ()
    preferred_schemas: tuple[str, ...] = ()
    languages: Words = ()
    payment_methods: Words = ()


class CapabilityResponse(Payload, frozen=True, kw_only=True):
    """What of it I have. A `warning` says that the schema's version is only the nearest one."""

    matched: Words
    unavailable: Words = ()
    suggested_alternative: str = ""
    agreed_schema: str = ""
    agreed_language: Word = ""
    payment_methods: Words = ()
    warning: str = ""


class CapabilityUpdate(Payload, frozen=True, kw_only=True):
    """What I have from now on, and what not any more."""

    added: Words = ()
    removed: Words = ()


class Unknown(Payload, frozen=True, kw_only=True):
    """A type that is not of the standard: data with a name."""

    type: str
    data: Json


PAYLOADS: dict[str, type[Payload]] = {
    "request": Request,
    "response": Response,
    "status": StatusPayload,
    "error": ErrorPayload,
    "close": ClosePayload,
    "text": Text,
    "tombstone": Tombstone,
    "capability_request": CapabilityRequest,
    "capability_response": CapabilityResponse,
    "capability_update": CapabilityUpdate,
}
OPENING, CLOSE, CLOSED, TOMBSTONE = "opening", "close", "closed", "tombstone"
OWN = frozenset({OPENING, CLOSE, CLOSED, TOMBSTONE})
"""Types by which a session is kept: they carry nothing for anybody."""
CERTIFICATES = "certificates"
"""Who answers for us, shown anew in a session that lasts: no message, and no reason to last on."""
HOUSE_MAIL = frozenset(
    {"ping", "pong", "introduction", "grant_request", "log_head", "succession", CERTIFICATES}
)
"""Types that one daemon says to another, besides all `file_*`."""


def is_reserved(kind: str) -> bool:
    """Whether messages of this type are the daemons' own business: no agent says or sees them."""
    return kind in OWN or is_house_mail(kind)


def is_house_mail(kind: str) -> bool:
    """Whether messages of this type are between the daemons, and kept and confirmed like others."""
    return kind in HOUSE_MAIL or kind.startswith("file_")


def rank(priority: Priority) -> int:
    """Return the place of a message among those that wait: the more urgent, the smaller."""
    return _BY_URGENCY.index(priority)


def known_type(kind: str) -> str:
    """Return the type, or `data` for one that a peer made up: it may be a whole sentence."""
    return kind if kind in PAYLOADS else "data"


def parse_payload(kind: str, payload: bytes) -> Payload:
    """Return what a message says (`Unknown` if its type is not of the standard), or blame the peer.

    The error's message names the place in the payload. What it quotes of it is in ASCII.
    """
    try:
        if kind == OPENING:
            return msgspec.msgpack.decode(payload, type=Opening)
        value = read_json(payload)
        if kind not in PAYLOADS:
            return Unknown(type=kind, data=value)
        return msgspec.convert(value, PAYLOADS[kind])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise RemoteProtocolError("payload_malformed", ascii(str(error))[1:-1]) from None
