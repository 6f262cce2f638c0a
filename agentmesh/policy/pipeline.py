"""May this peer talk to us? The questions in their order; the first that speaks decides."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import msgspec

from agentmesh.policy import checks
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
MAX_SHOWN = 20


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One check of an explanation: what it looked at, and what it said. None: nothing against."""

    check: str
    looked_at: dict[str, Any]
    verdict: Verdict | None
    decides: bool


def decide(facts: KnockFacts, order: Sequence[Check] = CHECKS) -> Verdict:
    """Return the verdict of the first check that has one; silence is no consent."""
    verdicts = (verdict for check in order if (verdict := check(facts)) is not None)
    return next(verdicts, ask_owner(is_answered=False))


def explain(facts: KnockFacts, order: Sequence[Check] = CHECKS) -> list[Step]:
    """Return what every check says, in order; later ones as if the earlier had been silent."""
    steps: list[Step] = []
    is_decided = False
    for check in order:
        looked_at: dict[str, Any] = {}
        verdict = check(cast("KnockFacts", _Watched(facts, looked_at)))
        steps.append(
            Step(
                check=check.__name__,
                looked_at=looked_at,
                verdict=verdict,
                decides=verdict is not None and not is_decided,
            )
        )
        is_decided = is_decided or verdict is not None
    return steps


class _Watched:
    """Facts that write down which of them are looked at."""

    def __init__(self, watched: msgspec.Struct, seen: dict[str, Any], inside: str = "") -> None:
        self._watched = watched
        self._seen = seen
        self._inside = inside

    def __getattr__(self, name: str) -> object:
        value = getattr(self._watched, name)
        path = self._inside + name
        if name in {"policy", "rate_limit"}:
            return _Watched(value, self._seen, path + ".")
        self._seen[path] = _shown(value)
        return value


def _shown(value: object) -> object:
    if isinstance(value, frozenset) and len(value) > MAX_SHOWN:
        return f"{len(value)} entries"
    return msgspec.to_builtins(value, order="deterministic")
