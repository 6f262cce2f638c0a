"""What an agent wants to say, made into a payload.

Text is a `text`. An object is the payload of the type that its caller names; where it names none,
a `request` when something is asked, a `response` when a request is answered, else `data`.
"""

from typing import Any, get_args

import msgspec

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.messages.envelope import Context
from agentmesh.messages.payloads import Priority, is_reserved, parse_payload
from agentmesh.messages.strict_json import Json, write_json

_PRIORITIES: tuple[Priority, ...] = get_args(Priority)


class Body(msgspec.Struct, frozen=True):
    """A message's type and payload as an envelope takes them, how soon it leaves, its chain.

    `secrets`: the kinds of secrets that were found in it.
    """

    type: str
    payload: bytes
    priority: Priority = "normal"
    context: Context | None = None
    secrets: tuple[str, ...] = ()


class Asking(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for (its intent), how soon, and what it may cost."""

    intent: str = ""
    priority: Priority | None = None
    budget: dict[str, Any] | None = None


def to_body(
    said: str | dict[str, Any],
    *,
    kind: str = "",
    asking: Asking = Asking(),  # noqa: B008 (a value)
    answers: bool = False,
) -> Body:
    """Return what was said as a message, or say why it cannot be one.

    `kind` is the type the caller names, `answers` whether a request is answered. An object that has
    no `intent` is the parameters of a request; one that has no `status` the results of a response.
    """
    if is_reserved(kind):
        raise UsageError("message_type_reserved", f"A message of type {kind} is not for agents.")
    shaped, value = _shaped(said, kind, asking.intent, answers=answers)
    body = _encoded(shaped, _with(asking, shaped, value))
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
    return msgspec.structs.replace(body, priority=_priority(asking, shaped, value))


def _with(asking: Asking, kind: str, value: str | dict[str, Any]) -> str | dict[str, Any]:
    """Return a request with its priority and its budget."""
    if kind != "request" or not isinstance(value, dict):
        if asking.budget is not None:
            raise UsageError(
                "budget_needs_request",
                "Only a request has a budget.",
                "Send a JSON object with --type request_response, or --message-type request.",
            )
        return value
    given = {"priority": asking.priority, "budget": asking.budget}
    return {**value, **{name: item for name, item in given.items() if item is not None}}


def _priority(asking: Asking, kind: str, value: str | dict[str, Any]) -> Priority:
    """Return how soon a message is to leave: as its sender says now, or as the request itself."""
    if asking.priority is not None:
        return asking.priority
    said = value.get("priority") if kind == "request" and isinstance(value, dict) else None
    return next((word for word in _PRIORITIES if word == said), "normal") if said else "normal"


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
