"""The questions about a KNOCK, one each. A check speaks, or returns None and leaves it to the next.

Their order is `pipeline.CHECKS`.
"""

from agentmesh.policy.facts import Certificate, KnockFacts
from agentmesh.policy.verdict import Reason, Verdict, allow, ask_owner, ignore, refuse
from agentmesh.protocol.frames import Intent

MINUTE = 60
MAX_INTENT_PARTS = 4
"""`x-<namespace>/<category>/<subcategory>` has three."""


def signature(facts: KnockFacts) -> Verdict | None:
    """Refuse what its sender did not sign; anybody can make such a KNOCK, so say nothing."""
    return None if facts.is_signature_valid else ignore("invalid_signature")


def replay(facts: KnockFacts) -> Verdict | None:
    """Refuse what came before."""
    return ignore("replayed") if facts.is_replayed else None


def blocklist(facts: KnockFacts) -> Verdict | None:
    """Refuse whom the owner blocked, before anything else about us can be learned."""
    if facts.is_blocked or facts.peer in facts.policy.blocklist:
        return refuse("blocked")
    return None


def pause(facts: KnockFacts) -> Verdict | None:
    """Refuse everybody while the owner takes no new sessions."""
    away = facts.presence == "offline" and facts.policy.auto_reject_when_offline
    if facts.is_paused or facts.presence == "dnd" or away:
        return refuse("paused")
    return None


BAD_CERTIFICATES: dict[Certificate, Reason] = {
    "invalid": "invalid_certificate",
    "expired": "certificate_expired",
    "revoked": "certificate_revoked",
}


def certificate(facts: KnockFacts) -> Verdict | None:
    """Refuse a chain that does not hold. One that cannot be checked now may hold in a minute."""
    if facts.certificate == "unchecked":
        return refuse("invalid_certificate", retry_after=MINUTE)
    reason = BAD_CERTIFICATES.get(facts.certificate)
    return refuse(reason) if reason else None


def record(facts: KnockFacts) -> Verdict | None:
    """Refuse who was taken back, and a stranger of whom no registry has heard.

    A contact's keys we know ourselves.
    """
    if facts.record == "revoked":
        return refuse("identity_revoked")
    is_nobody = facts.record == "absent" and not facts.is_contact
    return refuse("sender_not_found") if is_nobody else None


def tier(facts: KnockFacts) -> Verdict | None:
    """Refuse who is not vouched for well enough."""
    return None if facts.tier in facts.policy.accept_tiers else refuse("insufficient_trust")


def rate(facts: KnockFacts) -> Verdict | None:
    """Refuse who knocks too often."""
    if facts.knocks_last_minute > facts.policy.rate_limit.knocks_per_minute:
        return refuse("rate_limited", retry_after=MINUTE)
    return None


def intent(facts: KnockFacts) -> Verdict | None:
    """Refuse what we do not talk about; that a rejected intent is also accepted does not help."""
    names = intent_names(facts.intent)
    accepted = facts.policy.accepted_intents
    is_rejected = not names.isdisjoint(facts.policy.rejected_intents)
    is_foreign = bool(accepted) and names.isdisjoint(accepted)
    return refuse("intent_not_accepted") if is_rejected or is_foreign else None


def allowlist(facts: KnockFacts) -> Verdict | None:
    """In strict mode, refuse who is not on the allowlist."""
    if facts.policy.strict_mode and not facts.is_allowlisted:
        return refuse("not_in_allowlist")
    return None


def reputation(facts: KnockFacts) -> Verdict | None:
    """Refuse a bad name; where one is asked for, an unknown one is not good enough."""
    needed = facts.policy.min_reputation
    if needed == 0:
        return None
    is_enough = facts.reputation is not None and facts.reputation >= needed
    return None if is_enough else refuse("low_reputation")


def capacity(facts: KnockFacts) -> Verdict | None:
    """Refuse one session too many."""
    if facts.open_sessions >= facts.policy.max_concurrent_sessions:
        return refuse("at_capacity", retry_after=5 * MINUTE)
    return None


def consent(facts: KnockFacts) -> Verdict | None:
    """Accept whom the owner let in, by name or by policy; a stranger waits for the owner.

    So does who is to take a contact's place, whatever the policy says of strangers.
    """
    if facts.is_contact:
        return allow("contact")
    if facts.is_allowlisted:
        return allow("allowlisted")
    if facts.policy.consent == "policy" and not facts.is_successor:
        return allow("policy")
    return ask_owner(is_answered=facts.policy.answer_awaiting_owner)


def intent_names(intended: Intent) -> frozenset[str]:
    """Return the names under which a policy may list an intent: itself, and what it is part of."""
    full = f"{intended.category}/{intended.subcategory}".casefold()
    parts = [part for part in map(str.strip, full.split("/")) if part][:MAX_INTENT_PARTS]
    return frozenset("/".join(parts[:count]) for count in range(1, len(parts) + 1))
