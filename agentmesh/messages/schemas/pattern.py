"""Whether a text fits a regular expression, found in one pass.

Python's own expressions go back and try again, for years if somebody chose the text well. These
are followed in all ways at once: the time is at most that of the text times that of the pattern.
"""

from collections.abc import Callable

import msgspec

from agentmesh.errors import UsageError
from agentmesh.messages.schemas import expression
from agentmesh.messages.schemas.expression import Either, End, Node, Repeat, Sequence, Start
from agentmesh.messages.schemas.letters import Letters

MAX_STEPS = 2000
"""Of one pattern, its repetitions written out."""

Spend = Callable[[int], None]
"""Told how much work was done; it may raise."""


class Split(msgspec.Struct, frozen=True):
    """Go on at both places."""

    ways: tuple[int, ...]


class Fits(msgspec.Struct, frozen=True):
    """The text fits."""


Step = Letters | Start | End | Split | Fits


class Pattern:
    """A regular expression, ready to use. It fits if some part of the text does."""

    def __init__(self, text: str) -> None:
        self._steps: list[Step] = []
        self._write(expression.parse(text))
        self._steps.append(Fits())

    def fits(self, text: str, spend: Spend) -> bool:
        """Whether some part of the text is what the expression says."""
        here: set[int] = set()
        for at in range(len(text) + 1):
            if at == 0 or not self._is_at_start:
                here.add(0)
            seen, waiting = self._follow(here, is_start=at == 0, is_end=at == len(text))
            spend(seen)
            if waiting is None:
                return True
            letter = ord(text[at]) if at < len(text) else -1
            here = {step + 1 for step, letters in waiting if at < len(text) and letter in letters}
            if self._is_at_start and not here:
                return False
        return False

    @property
    def _is_at_start(self) -> bool:
        """Whether it can fit at the start of a text only."""
        return isinstance(self._steps[0], Start)

    def _follow(
        self, places: set[int], *, is_start: bool, is_end: bool
    ) -> tuple[int, list[tuple[int, Letters]] | None]:
        """Return how many places were seen, and the letters that are waited for there.

        None instead of letters: it fits already.
        """
        waiting: list[tuple[int, Letters]] = []
        seen, left = set(places), list(places)
        while left:
            place = left.pop()
            step = self._steps[place]
            ways: tuple[int, ...] = ()
            match step:
                case Letters():
                    waiting.append((place, step))
                case Fits():
                    return len(seen), None
                case Split(ways):
                    pass
                case Start():
                    ways = (place + 1,) if is_start else ()
                case End():
                    ways = (place + 1,) if is_end else ()
            left += [way for way in ways if way not in seen]
            seen.update(ways)
        return len(seen), waiting

    # --- writing the steps ---------------------------------------------------------------------

    def _write(self, node: Node) -> None:
        match node:
            case Letters() | Start() | End():
                self._add(node)
            case Sequence(parts):
                for part in parts:
                    self._write(part)
            case Either(choices):
                self._write_either(choices)
            case Repeat():
                self._write_repeat(node)

    def _write_either(self, choices: tuple[Node, ...]) -> None:
        split = self._add(Split(()))
        starts: list[int] = []
        ends: list[int] = []
        for choice in choices:
            starts.append(len(self._steps))
            self._write(choice)
            ends.append(self._add(Split(())))
        self._steps[split] = Split(tuple(starts))
        for end in ends:
            self._steps[end] = Split((len(self._steps),))

    def _write_repeat(self, node: Repeat) -> None:
        for _ in range(node.least):
            self._write(node.inside)
        if node.most is None:
            split = self._add(Split(()))
            self._write(node.inside)
            self._add(Split((split,)))
            self._steps[split] = Split((split + 1, len(self._steps)))
            return
        splits: list[int] = []
        for _ in range(node.most - node.least):
            splits.append(self._add(Split(())))
            self._write(node.inside)
        for split in splits:
            self._steps[split] = Split((split + 1, len(self._steps)))

    def _add(self, step: Step) -> int:
        if len(self._steps) >= MAX_STEPS:
            raise UsageError(
                "invalid_expression", "The regular expression is too large, written out."
            )
        self._steps.append(step)
        return len(self._steps) - 1
