"""What a TEXT-or-JSON argument means."""

import sys
from typing import Any

import msgspec

from agentmesh.control.calls import Body
from agentmesh.errors import UsageError
from agentmesh.protocol.limits import MAX_PAYLOAD


def read_body(text: str) -> Body:
    """Return the object that `text` is in JSON, else the text itself; `-` is what stdin says."""
    if text == "-":
        text = _from_stdin()
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise _not_text() from None
    if size > MAX_PAYLOAD:
        raise _too_long()
    if not text.strip():
        raise UsageError("empty_text", "There is nothing to send.")
    value = read_value(text)
    return value if isinstance(value, dict) else text


def read_value(text: str) -> Any:
    """Return the JSON value that `text` is, else the text itself: a bare word is a string."""
    try:
        return msgspec.json.decode(text.encode())
    except (ValueError, RecursionError):
        return text


def _from_stdin() -> str:
    data = sys.stdin.buffer.read(MAX_PAYLOAD + 2)
    if len(data) > MAX_PAYLOAD + 1:
        raise _too_long()
    try:
        return data.decode().removesuffix("\n")
    except UnicodeDecodeError:
        raise _not_text() from None


def _too_long() -> UsageError:
    return UsageError(
        "text_too_long",
        f"A message has at most {MAX_PAYLOAD // 1024} KiB.",
        "Send it in several messages.",
    )


def _not_text() -> UsageError:
    return UsageError(
        "not_text", "What is to be sent is not UTF-8 text.", "Encode it, e.g. base64."
    )
