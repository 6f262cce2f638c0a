"""What waits for the owner, and what the owner allowed."""

from typing import Any, Literal

from agentmesh.control.answers.answer import Answer


class Approval(Answer, frozen=True, kw_only=True):
    """A message that the agent wrote and that leaves only if the owner says so.

    `digest` is SHA-256 over recipient, type, payload and the session it wants. `reason`: why the
    owner is asked. `secrets`: the kinds of secrets that were found in it.
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
    reason: str = "needs_approval"
    secrets: tuple[str, ...] = ()
    state: Literal["waiting", "approved", "denied", "expired"]
    asked_at: str
    expires_at: str


class Grant(Answer, frozen=True, kw_only=True):
    """What a peer was granted, or asks for. None: without a bound. `note` is the peer's word."""

    peer: str
    peer_name: str
    kind: str
    state: Literal["granted", "grant_revoked", "grant_expired", "grant_used_up", "requested"]
    uses_left: int | None
    until: str | None
    at: str
    note: str


class Grants(Answer, frozen=True, kw_only=True):
    """The grants, or the requests for some."""

    grants: list[Grant]


class Granted(Answer, frozen=True, kw_only=True):
    """The grant as it is kept now."""

    grant: Grant


class Asked(Answer, frozen=True, kw_only=True):
    """What is on its way to the peer's daemon; `outcome` tells how it goes."""

    message_id: str


class Introduction(Answer, frozen=True, kw_only=True):
    """Who was introduced by which contact. `name` and `note` are the contact's words."""

    amid: str
    name: str
    note: str
    by: str
    by_name: str
    by_trust: int
    at: str


class Introductions(Answer, frozen=True, kw_only=True):
    """The introductions, newest first."""

    introductions: list[Introduction]


class Approvals(Answer, frozen=True, kw_only=True):
    """The drafts, oldest first."""

    approvals: list[Approval]


class Approved(Answer, frozen=True, kw_only=True):
    """The draft as the owner's word left it."""

    approval: Approval
