"""What waits for the owner, and what the owner allowed."""

from typing import Any, Literal

from agentmesh.control.answers.answer import Answer


class Approval(Answer, frozen=True, kw_only=True):
    """A message that the agent wrote and that leaves only if the owner says so.

    `digest` is SHA-256 over recipient, type, payload and the session it wants.
    """

    id: str
    to: str
    to_name: str
    verified: bool
    trust: int
    type: str
    payload: Any
    intent: str
    session_type: str
    session_id: str
    in_reply_to: str
    digest: str
    state: Literal["waiting", "approved", "denied", "expired"]
    asked_at: str
    expires_at: str


class Approvals(Answer, frozen=True, kw_only=True):
    """The drafts, oldest first."""

    approvals: list[Approval]


class Approved(Answer, frozen=True, kw_only=True):
    """The draft as the owner's word left it."""

    approval: Approval
