"""What a tab may call: reading, one click, and all the rest, for which it has to be fresh.

A call that stands on no list counts as the rest.
"""

from typing import Any

from agentmesh.control import calls
from agentmesh.daemon.dashboard.tokens import HOW_TO_COME_IN, Bearer
from agentmesh.errors import NotPermitted, UsageError

READING = frozenset(
    {
        "status", "health", "examine", "logs", "probe", "settings", "figures", "qr",
        "inbox", "outcome", "search", "schemas.list", "schemas.show", "schemas.check",
        "knocks.list", "sessions", "sessions.history", "breakers.list",
        "policy.get", "policy.explain", "policy.test", "policy.history",
        "contacts.list", "contacts.show", "grants.list", "introductions.list",
        "acquaintances.list", "approvals.list", "approvals.show", "files.list", "files.show",
        "transcripts.list", "transcripts.show", "transcripts.read", "transcripts.search",
        "transcripts.warm", "reputation.show",
        "audit.verify", "audit.head", "audit.show", "audit.export",
        "receipts.list", "receipts.show", "verify",
    }
)  # fmt: skip
ONE_CLICK = frozenset(
    {
        "emergency_stop", "pause", "kill", "knocks.approve", "knocks.deny",
        "approvals.approve", "approvals.deny", "grants.revoke", "invites.list", "invites.revoke",
        "contacts.alias", "contacts.note", "read", "send", "reply", "ping",
        "files.accept", "files.refuse", "files.cancel",
    }
)  # fmt: skip
NOT_HERE = {
    "hello": "agentmesh dashboard",
    "events.subscribe": "agentmesh events --follow",
    "dashboard.open": "agentmesh dashboard",
    "dashboard.close": "agentmesh dashboard --close",
    "dashboard.address": "agentmesh dashboard",
    "files.send": "agentmesh send PEER --file PATH",
    "backup": "agentmesh backup PATH",
    "stop": "agentmesh down",
}
"""They stream, name paths of this machine, end the process, or would hand out another token."""


def check_name(name: str) -> None:
    """Refuse a call that is for the terminal."""
    if name in NOT_HERE:
        raise NotPermitted("not_here", f"{name} is not for a page.", NOT_HERE[name])


def check(name: str, request: calls.Request[Any], bearer: Bearer, *, is_fresh: bool) -> None:
    """Refuse what this tab may not do, or not any more."""
    if isinstance(request, calls.ApprovalsApprove) and not request.digest:
        raise UsageError("digest_needed", "An approval names the digest that was shown.")
    if _only_reads(name, request):
        return
    if bearer.scope != "control":
        raise view_only()
    if name not in ONE_CLICK and not is_fresh:
        raise NotPermitted(
            "reauthenticate", "For this, the owner has to come in again.", HOW_TO_COME_IN
        )


def view_only() -> NotPermitted:
    """Return what a tab is told that only looks."""
    return NotPermitted("view_only", "This tab only looks.", HOW_TO_COME_IN)


def _only_reads(name: str, request: calls.Request[Any]) -> bool:
    if isinstance(request, calls.Verify):
        return not (request.confirm or request.scanned)
    return name in READING
