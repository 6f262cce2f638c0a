"""May this peer talk to us? The questions in their order; the first that speaks decides."""

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from agentmesh.policy import checks
from agentmesh.policy.document import Policy
from agentmesh.policy.facts import KnockFacts
from agentmesh.policy.verdict import Verdict, ask_owner

Check = Callable[[KnockFacts], Verdict | None]

# The order is the policy: who is blocked learns nothing of what comes behind.
CHECKS: tuple[Check, ...] = (
    checks.signature,
    checks.replay,
    checks.blocklist,
    checks.pause,
    checks.certificate,
    checks.record,
    checks.tier,
    checks.rate,
    checks.intent,
    checks.allowlist,
    checks.reputation,
    checks.capacity,
    checks.consent,
)
STANDING: tuple[Check, ...] = (
    checks.blocklist,
    checks.tier,
    checks.intent,
    checks.allowlist,
    checks.reputation,
)
"""What a peer with whom we talk already has to stand when the policy changes."""
KNOWN_HERE: tuple[Check, ...] = (checks.blocklist, checks.intent, checks.allowlist)
"""Those of them for which no registry has to be there."""


def decide(facts: KnockFacts, order: Sequence[Check] = CHECKS) -> Verdict:
    """Return the verdict of the first check that has one; silence is no consent."""
    verdicts = (verdict for check in order if (verdict := check(facts)) is not None)
    return next(verdicts, ask_owner(is_answered=False))


def decide_again(facts: KnockFacts, policy: Policy) -> Verdict:
    """Return what would become of a KNOCK of yesterday under another policy."""
    return decide(replace(facts, policy=policy, is_blocked=False))
