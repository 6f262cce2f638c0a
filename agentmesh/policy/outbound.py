"""May our own agent send this? The same way: facts, questions in their order, a verdict."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from agentmesh.policy.document import Autonomy
from agentmesh.protocol.ids import Amid

Impulse = Literal["owner", "peer", "another"]
"""What moves the agent to write: nobody's word but its owner's, its peer's, or somebody else's."""
SendDecision = Literal["allow", "refuse", "ask_owner"]
SendReason = Literal[
    "",
    "stopped",
    "blocked",
    "peer_paused",
    "key_changed",
    "paused",
    "secret_found",
    "moved_by_another",
    "needs_approval",
]

LETTERS_A_TOKEN = 4
"""What a model's tokens are estimated by."""


class Amount(msgspec.Struct, frozen=True):
    """So much was said."""

    messages: int = 0
    bytes: int = 0
    tokens: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            self.messages + other.messages, self.bytes + other.bytes, self.tokens + other.tokens
        )

    def fits(self, bound: "Amount") -> bool:
        """Whether nothing of it is above the bound."""
        pairs = ((self.messages, bound.messages), (self.bytes, bound.bytes))
        return all(is_ <= most for is_, most in (*pairs, (self.tokens, bound.tokens)))


class Budget(msgspec.Struct, frozen=True):
    """So much in so many seconds."""

    amount: Amount
    seconds: int


BUDGETS: dict[Autonomy, Budget] = {
    "notify-only": Budget(Amount(), 86400),
    "draft": Budget(Amount(), 86400),
    "bounded": Budget(Amount(3, 64 * 1024, 8_000), 86400),
    "extended": Budget(Amount(12, 256 * 1024, 32_000), 3600),
}
"""What an agent may send a peer by itself; `free` has no bound."""


def cost_of(payload: bytes) -> Amount:
    """Return what one message with this payload takes off a budget."""
    letters = len(payload.decode("utf-8", "replace"))
    return Amount(1, len(payload), -(-letters // LETTERS_A_TOKEN))


class SendFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All there is to know about a message of ours.

    `impulse`: on whose words the agent acts. `spent` is what it sent this peer on a peer's words
    within its budget's seconds, `cost` what this message would add. `secrets` are the kinds of
    secrets that were found in it.
    """

    peer: Amid
    is_blocked: bool = False
    is_stopped: bool = False
    is_peer_paused: bool = False
    is_paused: bool = False
    has_session: bool = False
    has_changed_key: bool = False
    secrets: tuple[str, ...] = ()
    impulse: Impulse = "owner"
    autonomy: Autonomy = "notify-only"
    spent: Amount = Amount()
    cost: Amount = Amount(1)


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


def key_changed(facts: SendFacts) -> SendVerdict | None:
    """Refuse to write to whom another key is shown for, until the owner has looked."""
    return SendVerdict("refuse", "key_changed") if facts.has_changed_key else None


def peer_paused(facts: SendFacts) -> SendVerdict | None:
    """Refuse to write to a peer that the owner or a breaker paused."""
    return SendVerdict("refuse", "peer_paused") if facts.is_peer_paused else None


def paused(facts: SendFacts) -> SendVerdict | None:
    """While paused, refuse new sessions; those that run go on."""
    is_new = facts.is_paused and not facts.has_session
    return SendVerdict("refuse", "paused") if is_new else None


def secret_found(facts: SendFacts) -> SendVerdict | None:
    """Leave it to the owner when what an agent says looks like a key, a token or a password."""
    return SendVerdict("ask_owner", "secret_found") if facts.secrets else None


def moved_by_another(facts: SendFacts) -> SendVerdict | None:
    """Leave it to the owner when the agent acts on what somebody else said: so worms spread.

    An owner who lets it write freely to a peer has said so for this, too.
    """
    is_theirs = facts.impulse == "another" and facts.autonomy != "free"
    return SendVerdict("ask_owner", "moved_by_another") if is_theirs else None


def budget(facts: SendFacts) -> SendVerdict | None:
    """Leave it to the owner when what a peer moves the agent to say is more than it may."""
    allowed = BUDGETS.get(facts.autonomy)
    if facts.impulse == "owner" or allowed is None:
        return None
    fits = (facts.spent + facts.cost).fits(allowed.amount)
    return None if fits else SendVerdict("ask_owner", "needs_approval")


SEND_CHECKS: tuple[SendCheck, ...] = (
    stopped,
    blocked,
    key_changed,
    peer_paused,
    paused,
    secret_found,
    moved_by_another,
    budget,
)


def may_send(facts: SendFacts, order: Sequence[SendCheck] = SEND_CHECKS) -> SendVerdict:
    """Return the verdict of the first check that has one; what nothing forbids is allowed."""
    verdicts = (verdict for check in order if (verdict := check(facts)) is not None)
    return next(verdicts, SendVerdict("allow"))
