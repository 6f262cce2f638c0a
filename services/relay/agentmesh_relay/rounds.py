"""Who has a turn now, so that everybody has one within a second and nobody waits for all."""

from collections.abc import Sequence
from typing import Generic, TypeVar

ROUND_SECONDS = 1.0

Member = TypeVar("Member")


class Round(Generic[Member]):
    """Everybody once. Who is asked late names as many more: the round takes no longer."""

    def __init__(self, members: Sequence[Member] = ()) -> None:
        self._members = members
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
