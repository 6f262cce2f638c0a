"""What the owner lets the agent and its peers do."""

from typing import Annotated, Literal

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Id, Line, Peer, Request

Autonomy = Literal["", "notify-only", "draft", "bounded", "extended", "free"]
Kind = Annotated[str, Meta(min_length=1, max_length=80)]
Digest = Annotated[str, Meta(max_length=64)]


class ContactsAutonomy(Request[answers.Kept], frozen=True, kw_only=True):
    """Set what the agent may send a contact by itself; empty: what the policy says."""

    peer: Peer
    autonomy: Autonomy


class ContactsNote(Request[answers.Kept], frozen=True, kw_only=True):
    """Keep the owner's words on what a contact may be used for; empty takes them away."""

    peer: Peer
    note: Line


class GrantsList(Request[answers.Grants], frozen=True, kw_only=True):
    """List what peers were granted; `pending`: what they ask for."""

    pending: bool = False
    peer: Peer | Literal[""] = ""


class GrantsGive(Request[answers.Granted], frozen=True, kw_only=True):
    """Grant a contact something, for so many uses, and until a time or for so many seconds.

    `kind`: text, file-in, file-out, task:NAME, memory:SCOPE.
    """

    peer: Peer
    kind: Kind
    uses: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    until: Annotated[str, Meta(max_length=40)] = ""
    seconds: Annotated[int, Meta(ge=1, le=366 * 86400)] | None = None


class GrantsRevoke(Request[answers.Granted], frozen=True, kw_only=True):
    """Take a grant back; without `text` a contact's messages are left with its daemon."""

    peer: Peer
    kind: Kind


class GrantsAsk(Request[answers.Asked], frozen=True, kw_only=True):
    """Ask a peer's owner for a grant."""

    peer: Peer
    kind: Kind
    note: Line = ""


class Introduce(Request[answers.Asked], frozen=True, kw_only=True):
    """Introduce a contact to another one: its owner sees that when it is knocked at."""

    peer: Peer
    to: Peer
    note: Line = ""


class IntroductionsList(Request[answers.Introductions], frozen=True, kw_only=True):
    """List whom contacts introduced."""


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
