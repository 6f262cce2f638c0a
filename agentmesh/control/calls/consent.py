"""What the owner lets the agent and its peers do."""

from typing import Annotated, Literal

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Id, Line, Peer, Request

Autonomy = Literal["", "notify-only", "draft", "bounded", "extended", "free"]
Digest = Annotated[str, Meta(max_length=64)]


class ContactsAutonomy(Request[answers.Kept], frozen=True, kw_only=True):
    """Set what the agent may send a contact by itself; empty: what the policy says."""

    peer: Peer
    autonomy: Autonomy


class ContactsNote(Request[answers.Kept], frozen=True, kw_only=True):
    """Keep the owner's words on what a contact may be used for; empty takes them away."""

    peer: Peer
    note: Line


class ApprovalsList(Request[answers.Approvals], frozen=True, kw_only=True):
    """List the drafts that wait for the owner, or all that are kept."""

    pending: bool = True


class ApprovalsShow(Request[answers.Approved], frozen=True, kw_only=True):
    """Show one draft: who would get what."""

    id: Id


class ApprovalsApprove(Request[answers.Approved], frozen=True, kw_only=True):
    """Send a draft, once. `digest`: what the owner saw; another one is refused."""

    id: Id
    digest: Digest = ""


class ApprovalsDeny(Request[answers.Approved], frozen=True, kw_only=True):
    """Never send a draft."""

    id: Id
