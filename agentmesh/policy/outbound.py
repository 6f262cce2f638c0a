"""May our own agent send this? The same way: facts, questions in their order, a verdict."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from agentmesh.policy.document import Autonomy
from agentmesh.protocol.ids import Amid

SendDecision = Literal["allow", "refuse", "ask_owner"]
SendReason = Literal["", "stopped", "blocked", "paused", "needs_approval"]


class Budget(msgspec.Struct, frozen=True):
    """So many messages in so many seconds."""

    messages: int
    seconds: int


BUDGETS: dict[Autonomy, Budget] = {
    "notify-only": Budget(0, 86400),
    "draft": Budget(0, 86400),
    "bounded": Budget(3, 86400),
    "extended": Budget(12, 3600),
}
"""What an agent may send a peer by itself; `free` has no bound."""


class SendFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All there is to know about a message of ours.

    `by_itself`: the agent acts on what a peer said, and no owner asked for it.
    `sent_by_itself` counts what it sent so to this peer within its budget's seconds.
    """

    peer: Amid
    is_blocked: bool = False
    is_stopped: bool = False
    is_paused: bool = False
    has_session: bool = False
    by_itself: bool = False
    autonomy: Autonomy = "notify-only"
    sent_by_itself: int = 0


class SendVerdict(msgspec.Struct, frozen=True):
    """What is to be done with a message of ours, and why."""

    decision: SendDecision
    reason: SendReason = ""


SendCheck = Callable[[SendFacts], SendVerdict | None]


def stopped(facts: SendFacts) -> SendVerdict | None:
    """Refuse everything after an emergency stop or a shutdown."""
    return SendVerdict("refuse", "stopped") if facts.is_stopped else None


def blocked(facts: SendFacts) -> SendVerdict | None:
    """Refuse to write to whom the owner blocked."""
    return SendVerdict("refuse", "blocked") if facts.is_blocked else None


def paused(facts: SendFacts) -> SendVerdict | None:
    """While paused, refuse new sessions; those that run go on."""
    is_new = facts.is_paused and not facts.has_session
    return SendVerdict("refuse", "paused") if is_new else None


def budget(facts: SendFacts) -> SendVerdict | None:
    """Leave it to the owner when the agent, acting by itself, has used up what it may."""
    allowed = BUDGETS.get(facts.autonomy)
    if facts.by_itself and allowed is not None and facts.sent_by_itself >= allowed.messages:
        return SendVerdict("ask_owner", "needs_approval")
    return None


SEND_CHECKS: tuple[SendCheck, ...] = (stopped, blocked, paused, budget)


def may_send(facts: SendFacts, order: Sequence[SendCheck] = SEND_CHECKS) -> SendVerdict:
    """Return the verdict of the first check that has one; what nothing forbids is allowed."""
    verdicts = (verdict for check in order if (verdict := check(facts)) is not None)
    return next(verdicts, SendVerdict("allow"))
