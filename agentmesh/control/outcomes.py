"""What became of a message: an answer to all, and for some outcomes an error to show."""

from typing import Any

import msgspec
from msgspec import UnsetType

from agentmesh.control.answers import Sent
from agentmesh.errors import AgentMeshError, NeedsOwner, Refused, plain
from agentmesh.observability.findings import SET_CLOCK

_SENTENCES = {
    "refused": "The message was refused",
    "undeliverable": "The message cannot be delivered",
}
_CLOCK = "The clock of this machine is wrong; agentmesh doctor says by how much. "
_HERE = "Only a weak suite is possible with this peer; this permits it for this peer alone: "
_HINTS = {
    ("queued", "clock_wrong"): _CLOCK + SET_CLOCK,
    ("undeliverable", "suite_degraded"): f"{_HERE}agentmesh contacts allow-degraded PEER",
    (
        "undeliverable",
        "suite_pinned",
    ): f"{_HERE}agentmesh contacts allow-degraded PEER --suite NAME",
    ("undeliverable", "key_changed"): "Keys that are not its own were shown for this peer. Compare "
    "the safety number with its owner: agentmesh verify PEER, then --confirm",
    ("undeliverable", "identity_revoked"): "The peer's identity was taken back, for good. Ask its "
    "owner over another channel who it is now.",
    (
        "undeliverable",
        "identity_succeeded",
    ): "This agent has another identity now; the message may have arrived under the old one.",
    ("undeliverable", "suite_unavailable"): "pip install 'agentmesh-openclaw[olm]'",
    ("undeliverable", "suite_missing"): "The peer and we have no suite in common; see `suites` in "
    "config.json on both sides.",
    ("refused", "suite_degraded"): "The peer's owner has to permit a weak suite, there: "
    "agentmesh contacts allow-degraded",
    ("refused", "suite_pinned"): "The peer's owner has to name the weak suite, there: "
    "agentmesh contacts allow-degraded --suite",
}
"""What to do where a clock, or keys or suites of two peers are the reason."""


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
    why = f": {plain(sent.reason)}." if sent.reason else "."
    hint = advice(sent) or "Sending it again unchanged will not help."
    return Refused(sent.reason or sent.outcome, sentence + why, hint)


def advice(sent: Sent) -> str:
    """Return what its sender can do about this outcome, if there is something."""
    return _HINTS.get((sent.outcome, sent.reason), "")


def to_json(sent: Sent) -> bytes:
    """Return the answer as JSON."""
    return msgspec.json.encode(sent)


def to_keys(sent: Sent) -> dict[str, Any]:
    """Return the answer as plain values."""
    keys: dict[str, Any] = msgspec.to_builtins(sent)
    return keys
