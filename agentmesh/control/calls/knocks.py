"""Who wants to talk, and what the owner says to it."""

from agentmesh.control import answers
from agentmesh.control.calls.request import Id, Limit, Request


class KnocksList(Request[answers.Knocks], frozen=True, kw_only=True):
    """List who wanted to talk; by default only those that wait for the owner."""

    pending: bool = True
    limit: Limit = 20


class KnocksApprove(Request[answers.Decided], frozen=True, kw_only=True):
    """Accept a KNOCK; its sender becomes a contact, or (`contact` false) talks this once only."""

    id: Id
    contact: bool = True


class KnocksDeny(Request[answers.Decided], frozen=True, kw_only=True):
    """Dismiss a KNOCK; its sender sees silence."""

    id: Id


class KnocksBlock(Request[answers.Decided], frozen=True, kw_only=True):
    """Dismiss a KNOCK and block its sender."""

    id: Id
