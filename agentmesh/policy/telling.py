"""What the owner is told at once: a constant sentence for each topic. No peer is quoted."""

from typing import Literal

from agentmesh.policy.document import NotifyOwner

Topic = Literal[
    "knock", "high_value", "approval", "file", "breaker", "stopped", "registry", "error"
]

SENTENCES: dict[Topic, str] = {
    "knock": "Somebody unknown asks to talk to your agent. See: agentmesh knocks",
    "high_value": "A message of your agent's is about much money. See: agentmesh events",
    "approval": "Your agent asks for your approval. See: agentmesh approvals",
    "file": "A file is offered to you. See: agentmesh files",
    "breaker": "A breaker of your agent's tripped. See: agentmesh breakers",
    "stopped": "Your agent was stopped. See: agentmesh breakers",
    "registry": "The registry your agent uses was caught at something. See: agentmesh registry",
    "error": "Something of your agent's went wrong. See: agentmesh doctor",
}

_TOPICS: dict[str, Topic] = {
    "knock_pending": "knock",
    "high_value_transaction": "high_value",
    "approval_pending": "approval",
    "file_asking": "file",
    "breaker_tripped": "breaker",
    "registry_alarm": "registry",
    "breaker_emergency_stop": "stopped",
    "error": "error",
}
TOLD = frozenset(_TOPICS)
"""The kinds of notices about which the owner may be told."""


def topic_of(kind: str) -> Topic | None:
    """Return what the owner may be told about this kind of notice, if anything."""
    return _TOPICS.get(kind)


def is_wanted(topic: Topic, wanted: NotifyOwner) -> bool:
    """Whether the owner wants to be told."""
    match topic:
        case "knock":
            return wanted.on_knock_from_unknown
        case "high_value":
            return wanted.on_high_value_transaction
        case "approval":
            return wanted.on_approval
        case "file":
            return wanted.on_file
        case "breaker" | "stopped" | "registry":
            return wanted.on_breaker
        case "error":
            return wanted.on_error
