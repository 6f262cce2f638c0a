"""Transcripts at hand for a search: their words, folded, in memory and nowhere else.

What was opened once need not be opened again while somebody searches. It is let go when nobody has
searched for a while, and there is a bound: what does not fit is opened anew for every search.
"""

import asyncio
from array import array
from bisect import bisect_right
from collections.abc import Iterator

from agentmesh.errors import UsageError
from agentmesh.observability.transcript_records import BEGINNING, Entry, Place
from agentmesh.observability.transcript_words import fold, strings
from agentmesh.observability.transcripts import Summary, Transcripts
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.world import Clock

KEEP_SECONDS = 10 * 60
MAX_BYTES = 96 * 1024 * 1024
_EACH = 16
"""What an entry takes beside its words."""
_RECORD = 48
"""What a record takes."""
_BETWEEN = b"\n"
"""No folded text has one."""


class Opened:
    """One transcript's words, entry by entry."""

    def __init__(self) -> None:
        self.is_damaged = False
        self.peers: set[str] = set()
        self._words = bytearray()
        self._starts = array("Q", [0])
        self._times = array("d")
        self._firsts = array("Q")  # of each record: the number of its first entry, its end, ...
        self._ends = array("Q", [BEGINNING.end])
        self._before = bytearray()
        self._place = BEGINNING

    @property
    def size(self) -> int:
        """What it takes in memory, about."""
        return len(self._words) + _EACH * len(self._times) + _RECORD * len(self._firsts)

    def read_on(self, transcripts: Transcripts, session_id: SessionId) -> None:
        """Read what was added since."""
        reader = transcripts.reader(session_id, self._place)
        for entry in reader:
            self._go_on(reader.place)
            self._times.append(entry.at)
            self.peers.add(entry.peer)
            if entry.body:
                self._words += fold(" ".join(strings(entry.body))).encode(errors="surrogatepass")
            self._words += _BETWEEN
            self._starts.append(len(self._words))
        self.is_damaged = reader.is_damaged

    def _go_on(self, place: Place) -> None:
        """Learn which record the entry was in that lies before this place."""
        if not self._place.inside:
            self._firsts.append(self._place.number)
            self._before += self._place.before.ljust(32, b"\0")
        if not place.inside:
            self._ends.append(place.end)
        self._place = place

    def having(self, terms: tuple[str, ...], since: float, below: int) -> Iterator[int]:
        """Yield the numbers of entries below a number that have all terms, the last first."""
        needle, *others = sorted((it.encode(errors="surrogatepass") for it in terms), key=len)[::-1]
        last = len(self._times) if not below else min(below - 1, len(self._times))
        at = self._words.rfind(needle, 0, self._starts[last])
        while at >= 0:
            number = bisect_right(self._starts, at)
            start, end = self._starts[number - 1], self._starts[number]
            is_late = self._times[number - 1] >= since
            if is_late and all(self._words.find(it, start, end) >= 0 for it in others):
                yield number
            at = self._words.rfind(needle, 0, start)

    def entry(self, transcripts: Transcripts, session_id: SessionId, number: int) -> Entry | None:
        """Open one entry again."""
        record = bisect_right(self._firsts, number) - 1
        before = bytes(self._before[32 * record : 32 * (record + 1)]) if record else b""
        inside = number - self._firsts[record]
        place = Place(self._ends[record], number, before, inside)
        return transcripts.one(session_id, place, self._ends[record + 1])


class Shelf:
    """What is opened, by session. One search at a time may use it: `async with shelf.turn`."""

    def __init__(self, transcripts: Transcripts, clock: Clock) -> None:
        self.transcripts = transcripts
        self.turn = asyncio.Lock()
        self._clock = clock
        self._opened: dict[SessionId, tuple[Summary, Opened]] = {}
        self._bytes = 0
        self._used_at = clock.monotonic()

    def use(self) -> None:
        """Say that somebody searches."""
        self._used_at = self._clock.monotonic()

    def let_go_if_idle(self) -> bool:
        """Let everything go if nobody has searched for a while; return whether that is so."""
        if self.turn.locked() or self._clock.monotonic() < self._used_at + KEEP_SECONDS:
            return False
        self._opened.clear()
        self._bytes = 0
        return True

    def keep_only(self, summaries: dict[SessionId, Summary]) -> None:
        """Let go what was erased."""
        for session_id in self._opened.keys() - summaries.keys():
            self._drop(session_id)

    def is_at_hand(self, summary: Summary) -> bool:
        """Whether a search need not open this transcript."""
        held = self._opened.get(summary.session_id)
        return held is not None and held[0] == summary

    def opened(self, summary: Summary) -> Opened | None:
        """Return a transcript's words, read now if need be; None if it went, or has no room."""
        session_id = summary.session_id
        before, words = self._opened.get(session_id, (summary, None))
        if words is not None and before == summary:
            return words
        if words is not None and summary.bytes <= before.bytes:  # it is not what it was
            self._drop(session_id)
            words = None
        if self._bytes + summary.bytes - (before.bytes if words else 0) > MAX_BYTES:
            return None
        is_gone_on_with = words is not None
        words = words or Opened()
        self._bytes -= words.size
        try:
            words.read_on(self.transcripts, session_id)
            if words.is_damaged and is_gone_on_with:  # or erased meanwhile, and begun anew
                words = Opened()
                words.read_on(self.transcripts, session_id)
        except UsageError:
            self._opened.pop(session_id, None)
            return None
        self._opened[session_id] = (summary, words)
        self._bytes += words.size
        return words

    def _drop(self, session_id: SessionId) -> None:
        self._bytes -= self._opened.pop(session_id)[1].size
