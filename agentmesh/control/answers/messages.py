"""Messages, what became of them, and agents that were found."""

from typing import Any

from msgspec import UNSET, UnsetType, field

from agentmesh.control.answers.answer import Answer, Outcome
from agentmesh.control.answers.schemas import Problem


class Message(Answer, frozen=True, kw_only=True):
    """A message for the agent. With the agent permit `content` stands in for the payload.

    `context`: the token of the session that its host has for this peer.
    `schema_problems` and `warnings` are our daemon's own words on it, and quote nothing.
    """

    message_id: str
    session_id: str
    sender: str = field(name="from")
    from_name: str
    verified: bool
    trust: int
    received_at: str
    type: str
    payload: Any = None
    content: str | UnsetType = UNSET
    schema_problems: list[Problem] | UnsetType = UNSET
    warnings: list[str] | UnsetType = UNSET
    context: str | UnsetType = UNSET


class Progress(Answer, frozen=True, kw_only=True):
    """How far a request has come, as the peer last said: a share of 1. An agent gets no words."""

    message_id: str
    progress: float
    estimated_completion_seconds: float | None = None
    phase: str = ""
    message: str = ""


class Sent(Answer, frozen=True, kw_only=True):
    """What became of a message so far. `reason` is a code; `reply` what the peer answered.

    `approval_id`: the owner has to approve it first.
    `schema_problems`: what in our own message does not fit the schema that it names.
    """

    message_id: str
    session_id: str
    outcome: Outcome
    reason: str = ""
    reply: Message | None = None
    timed_out: bool | UnsetType = UNSET
    approval_id: str | UnsetType = UNSET
    progress: Progress | UnsetType = UNSET
    schema_problems: list[Problem] | UnsetType = UNSET


class SentAll(Answer, frozen=True, kw_only=True):
    """What became of each message so far, in the order in which they were said."""

    messages: list[Sent]


class Inbox(Answer, frozen=True, kw_only=True):
    """Messages in the order in which they came. `context`: the token of the owner's own session."""

    messages: list[Message]
    context: str | UnsetType = UNSET


class Consumed(Answer, frozen=True, kw_only=True):
    """The message, now marked as consumed."""

    message: Message


class Found(Answer, frozen=True, kw_only=True):
    """An agent that the registry knows. Its words are its own; its ratings are the registry's.

    Our own agent is shown no word of it: no `name`, no `organization` (the registry's word), and of
    `capabilities` what it asked for.
    """

    amid: str
    name: str
    tier: int | float
    capabilities: list[dict[str, Any]]
    status: str
    reputation: float | None
    ratings_count: int
    flags: list[str]
    organization: str = ""


class SearchResults(Answer, frozen=True, kw_only=True):
    """A page of agents. `total` is counted up to 1,000; `next` is the `after` of the next page."""

    results: list[Found]
    total: int
    next: str | None = None
