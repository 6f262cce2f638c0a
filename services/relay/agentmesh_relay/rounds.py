"""Who has a turn now, so that everybody has one within a second and nobody waits for all."""

from collections.abc import Sequence
from math import ceil
from typing import Generic, TypeVar

ROUND_SECONDS = 1.0
MOST_LOOKS = 50
"""In a round: few members have their turns at a time, so that nobody waits for many."""

TOGETHER = 16
APART = 64
"""Who came one after the other is due at the same time, too. Only a few of them stay together (they
are neighbours in memory, which is quicker); the next few are in another part of the round."""

Member = TypeVar("Member")


def pause_between(members: int) -> float:
    """Return how long it may be until some of so many have their turn.

    A look costs the same whether it finds one or sixteen: so few need one in a round.
    """
    looks = min(max(1, ceil(members / TOGETHER)), MOST_LOOKS)
    return ROUND_SECONDS / looks


class Round(Generic[Member]):
    """Everybody once. Who is asked late names as many more: the round takes no longer."""

    def __init__(self, members: Sequence[Member] = ()) -> None:
        starts = range(0, len(members), TOGETHER)
        order = (start for part in range(APART) for start in starts[part::APART])
        self._members = [it for start in order for it in members[start : start + TOGETHER]]
        self._at = 0

    @property
    def is_over(self) -> bool:
        """Whether everybody had a turn."""
        return self._at >= len(self._members)

    def next(self, passed: float) -> Sequence[Member]:
        """Return whose turn it is, so many seconds after the last ones."""
        begin = self._at
        self._at += 1 + int(len(self._members) * passed / ROUND_SECONDS)
        return self._members[begin : self._at]
