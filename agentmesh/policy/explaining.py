"""What each check looks at, and what it says: for an owner who asks why."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar, cast

import msgspec

MAX_SHOWN = 20


V = TypeVar("V")
F = TypeVar("F", bound=msgspec.Struct)


class Step(msgspec.Struct, Generic[V], frozen=True, kw_only=True):
    """One check of an explanation: what it looked at, and what it said. None: nothing against."""

    check: str
    looked_at: dict[str, Any]
    verdict: V | None
    decides: bool


def explain(facts: F, order: Sequence[Callable[[F], V | None]]) -> list[Step[V]]:
    """Return what every check says, in order; later ones as if the earlier had been silent."""
    steps: list[Step[V]] = []
    is_decided = False
    for check in order:
        looked_at: dict[str, Any] = {}
        verdict = check(cast("F", _Watched(facts, looked_at)))
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
