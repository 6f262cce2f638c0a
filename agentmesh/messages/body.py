"""What an agent wants to say, made into a payload.

Text is a `text`. An object is the payload of the type that its caller names; where it names none,
a `request` when something is asked, a `response` when a request is answered, else `data`.
"""

from typing import Any

import msgspec

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.messages.payloads import is_reserved, parse_payload
from agentmesh.messages.strict_json import Json, write_json


class Body(msgspec.Struct, frozen=True):
    """A message's type and payload, as an envelope takes them."""

    type: str
    payload: bytes


def to_body(
    said: str | dict[str, Any], *, kind: str = "", asks: str = "", answers: bool = False
) -> Body:
    """Return what was said as a message, or say why it cannot be one.

    `kind` is the type the caller names, `asks` the intent of a request, `answers` whether a request
    is answered. An object that has no `intent` is the parameters of a request; one that has no
    `status` is the results of a response.
    """
    if is_reserved(kind):
        raise UsageError("message_type_reserved", f"A message of type {kind} is not for agents.")
    body = _encoded(*_shaped(said, kind, asks, answers=answers))
    try:
        parse_payload(body.type, body.payload)
    except RemoteProtocolError as error:
        if error.code == "json_too_large":
            raise UsageError(
                "message_too_large",
                "A message has 64 KiB at most.",
                "Send it as a file: `agentmesh send PEER --file PATH`.",
            ) from None
        raise UsageError("invalid_message", f"{body.type}: {error.message}") from None
    return body


def _shaped(
    said: str | dict[str, Any], kind: str, asks: str, *, answers: bool
) -> tuple[str, str | dict[str, Any]]:
    if isinstance(said, str):
        return (kind, said) if kind not in {"", "text"} else ("text", {"text": said})
    if kind:
        return kind, said
    if answers:
        return "response", said if "status" in said else {"status": "completed", "results": said}
    if asks:
        return "request", said if "intent" in said else {"intent": asks, "parameters": said}
    return "data", said


def _encoded(kind: str, value: Json) -> Body:
    try:
        return Body(kind, write_json(value))
    except (UnicodeEncodeError, RecursionError, TypeError):
        raise UsageError("invalid_message", "This cannot be written as JSON in UTF-8.") from None
