"""A contact whose identity was taken back, as its owner sees it."""

from agentmesh.control import answers, calls
from agentmesh.errors import plain
from agentmesh.messages.delivery import clean
from agentmesh.node.consent.key_changes import KeyChange
from agentmesh.observability.findings import Finding
from agentmesh.protocol.ids import Amid


def shown(change: KeyChange | None, permit: calls.Permit) -> answers.TakenBack | None:
    """Return why it counts no more; None if it counts. An agent is shown no note."""
    if change is None or not change.reason:
        return None
    return answers.TakenBack(
        reason=change.reason,
        issuer=change.issuer,
        organization=change.organization,
        note=" ".join(clean(change.note).split()) if permit == "owner" else "",
        successor=change.successor,
        declined=change.declined,
    )


def finding(peer: Amid, change: KeyChange) -> Finding:
    """Return what the owner has to do."""
    by = {"key": "by its own key", "registry": "by the registry"}.get(
        change.issuer, f"by {change.organization}"
    )
    why = f"Contact {peer} was taken back {by} ({plain(change.reason)}): nothing is sent to it."
    if not change.successor:
        fix = f"Ask its owner who it is now. To forget it: agentmesh contacts remove {peer}"
        return Finding("contact_revoked", "error", why, fix)
    if change.declined:
        fix = f"You declined its successor. To forget it: agentmesh contacts remove {peer}"
        return Finding("contact_revoked", "error", why, fix)
    named = f"{why} It names {change.successor} in its place."
    fix = f"Ask its owner whether that is so, then: agentmesh contacts follow (or decline) {peer}"
    return Finding("contact_revoked", "error", named, fix)
