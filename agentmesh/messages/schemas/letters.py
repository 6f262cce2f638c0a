"""Sets of letters, as regular expressions name them."""

from typing import Final

import msgspec

MAX_LETTER = 0x10FFFF
Ranges = tuple[tuple[int, int], ...]


class Letters(msgspec.Struct, frozen=True):
    """The letters in some ranges, or all others."""

    ranges: Ranges
    is_negated: bool = False

    def __contains__(self, letter: int) -> bool:
        """Whether the letter of this number is one of them."""
        return any(low <= letter <= high for low, high in self.ranges) != self.is_negated

    def as_ranges(self) -> Ranges:
        """Return the same set without the word "other"."""
        if not self.is_negated:
            return self.ranges
        rest, start = list[tuple[int, int]](), 0
        for low, high in sorted(self.ranges):
            if start < low:
                rest.append((start, low - 1))
            start = max(start, high + 1)
        return (*rest, (start, MAX_LETTER)) if start <= MAX_LETTER else tuple(rest)


def just(letter: str) -> Letters:
    """Return the set of one letter."""
    return Letters(((ord(letter), ord(letter)),))


def _spans(*spans: str) -> Ranges:
    return tuple((ord(span[0]), ord(span[-1])) for span in spans)


_DIGITS = _spans("09")
_WORDS = _spans("09", "AZ", "_", "az")
_SPACES = _spans("\t\r", " ", "\xa0", "\u1680", "\u2000\u200a", "\u2028\u2029", "\u202f") + _spans(
    "\u205f", "\u3000", "\ufeff"
)
ANY: Final = Letters(_spans("\n", "\r", "\u2028\u2029"), is_negated=True)
CLASSES: Final = {
    "d": Letters(_DIGITS),
    "D": Letters(_DIGITS, is_negated=True),
    "w": Letters(_WORDS),
    "W": Letters(_WORDS, is_negated=True),
    "s": Letters(_SPACES),
    "S": Letters(_SPACES, is_negated=True),
}
CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0"}
