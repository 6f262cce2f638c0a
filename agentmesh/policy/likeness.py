"""Does our agent tell many peers the same? Texts are compared by a sketch of their letters.

The sketch is the smallest hashes of all runs of five letters: two texts of which most is the same
share most of it, whatever language they are in. A name that was changed or a greeting makes no
other text of it; short texts ("Yes, I will be there.") are never alike.
"""

import heapq
import unicodedata
import zlib
from collections import deque

import msgspec

from agentmesh.policy.document import BreakerLimits
from agentmesh.protocol.ids import Amid

RUN = 5
SKETCH = 64
MIN_LETTERS = 40
MAX_LETTERS = 4000
ALIKE = 0.6
MAX_REMEMBERED = 200

Sketch = frozenset[int]


def sketch(text: str) -> Sketch:
    """Return what a text is recognised by; nothing if it is too short for that."""
    plain = " ".join(unicodedata.normalize("NFKC", text[:MAX_LETTERS]).casefold().split())
    if len(plain) < MIN_LETTERS:
        return frozenset()
    data = plain.encode("utf-32-le", "surrogatepass")
    runs = {data[start : start + 4 * RUN] for start in range(0, len(data) - 4 * (RUN - 1), 4)}
    return frozenset(heapq.nsmallest(SKETCH, map(zlib.crc32, runs)))


def are_alike(one: Sketch, other: Sketch) -> bool:
    """Whether two texts are nearly the same: most of the smallest hashes of both are in both."""
    if not one or not other:
        return False
    smallest = heapq.nsmallest(SKETCH, one | other)
    shared = sum(1 for each in smallest if each in one and each in other)
    return shared >= ALIKE * len(smallest)


class _Said(msgspec.Struct, frozen=True):
    peer: Amid
    at: float
    sketch: Sketch


class Repetitions:
    """What our agent said to whom lately."""

    def __init__(self) -> None:
        self._said: deque[_Said] = deque(maxlen=MAX_REMEMBERED)

    def said(self, peer: Amid, text: str, at: float, limits: BreakerLimits) -> int:
        """Our agent says a text; return to how many peers it said nearly the same."""
        while self._said and self._said[0].at <= at - limits.same_text_seconds:
            self._said.popleft()
        fresh = sketch(text)
        if not fresh:
            return 0
        peers = {it.peer for it in self._said if are_alike(it.sketch, fresh)}
        self._said.append(_Said(peer, at, fresh))
        return len(peers | {peer})

    def clear(self) -> None:
        """Begin anew."""
        self._said.clear()


def is_too_often(peers: int, limits: BreakerLimits) -> bool:
    """Whether so many peers were told the same."""
    return 0 < limits.same_text_peers <= peers
