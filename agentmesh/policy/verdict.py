"""Policy's answer: a value, never an exception."""

from typing import Literal

import msgspec

Decision = Literal["allow", "refuse", "ask_owner"]

Reason = Literal[
    "invalid_signature",
    "replayed",
    "blocked",
    "paused",
    "invalid_certificate",
    "certificate_expired",
    "certificate_revoked",
    "identity_revoked",
    "sender_not_found",
    "insufficient_trust",
    "rate_limited",
    "intent_not_accepted",
    "not_in_allowlist",
    "low_reputation",
    "at_capacity",
    "awaiting_owner",
]
"""Why a KNOCK is not accepted; the words of REJECT."""

SAID: dict[Reason, str] = {
    "invalid_signature": "The signature is not valid.",
    "replayed": "This KNOCK came before.",
    "blocked": "You may not talk to this agent.",
    "paused": "This agent takes no new sessions at the moment.",
    "invalid_certificate": "Your certificate could not be verified.",
    "certificate_expired": "Your certificate has expired.",
    "certificate_revoked": "Your certificate was revoked.",
    "identity_revoked": "Your identity was taken back.",
    "sender_not_found": "No registry knows you.",
    "insufficient_trust": "This agent asks for a better verified identity.",
    "rate_limited": "You knock too often.",
    "intent_not_accepted": "This agent does not talk about that.",
    "not_in_allowlist": "This agent talks to listed peers only.",
    "low_reputation": "Your reputation is too low for this agent.",
    "at_capacity": "This agent has as many sessions as it can take.",
    "awaiting_owner": "The owner of this agent has to decide.",
}
"""The same for people. It says what the reason says, and not a word about the rule behind it."""

Welcome = Literal["contact", "allowlisted", "policy"]
"""Why a KNOCK is accepted without asking."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is to be done, and why. `is_answered`: whether the sender learns of it by a REJECT."""

    decision: Decision
    reason: str
    human_readable: str = ""
    retry_after_seconds: int | None = None
    is_answered: bool = True


def allow(why: Welcome) -> Verdict:
    """Return a yes."""
    return Verdict(decision="allow", reason=why)


def refuse(reason: Reason, *, retry_after: int | None = None) -> Verdict:
    """Return a no which the sender is told."""
    return Verdict(
        decision="refuse",
        reason=reason,
        human_readable=SAID[reason],
        retry_after_seconds=retry_after,
    )


def ignore(reason: Reason) -> Verdict:
    """Return a no of which only our own audit log learns."""
    return Verdict(decision="refuse", reason=reason, human_readable=SAID[reason], is_answered=False)


def ask_owner(*, is_answered: bool) -> Verdict:
    """Return a question. Unless the sender is told, waiting looks like being offline."""
    return Verdict(
        decision="ask_owner",
        reason="awaiting_owner",
        human_readable=SAID["awaiting_owner"],
        is_answered=is_answered,
    )
