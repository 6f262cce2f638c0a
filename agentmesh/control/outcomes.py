"""What became of a message: an answer to all, and for some outcomes an error to show."""

from typing import Any

import msgspec
from msgspec import UnsetType

from agentmesh.control.answers import Sent
from agentmesh.errors import AgentMeshError, NeedsOwner, Refused

_SENTENCES = {
    "refused": "The message was refused",
    "undeliverable": "The message cannot be delivered",
}


def refusal(sent: Sent) -> AgentMeshError | None:
    """Return the error that this outcome is to its sender, if it is one."""
    if not isinstance(sent.approval_id, UnsetType):
        return NeedsOwner(
            "needs_approval",
            "The owner has to approve this message; it waits for 10 minutes.",
            f"The owner can send it: agentmesh approvals approve {sent.approval_id}",
        )
    sentence = _SENTENCES.get(sent.outcome)
    if sentence is None:
        return None
    why = f": {sent.reason}." if sent.reason else "."
    return Refused(
        sent.reason or sent.outcome, sentence + why, "Sending it again unchanged will not help."
    )


def to_json(sent: Sent) -> bytes:
    """Return the answer as JSON."""
    return msgspec.json.encode(sent)


def to_keys(sent: Sent) -> dict[str, Any]:
    """Return the answer as plain values."""
    keys: dict[str, Any] = msgspec.to_builtins(sent)
    return keys
