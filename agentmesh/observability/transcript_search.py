"""Searching what was said: transcripts are opened one after the other and never leave memory.

There is no index on the disk: a plain one would lie there as open as the words themselves, and a
keyed one tells who watches it grow which words come again (docs/decisions). So the first search
costs time, and is done in pieces: each works for a bounded time, says how far it came, and where to
go on. The words that it opened stay at hand for the next one (`transcript_shelf.py`).
"""

import re
from collections import deque
from itertools import accumulate

import msgspec

from agentmesh.errors import UsageError
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcript_shelf import Shelf
from agentmesh.observability.transcript_words import fold, strings
from agentmesh.observability.transcripts import Summary, Transcripts
from agentmesh.protocol.ids import Amid, SessionId, is_id
from agentmesh.protocol.world import Clock

WORK_SECONDS = 2.0
"""How long one piece may work; the transcript that it is in is finished first."""
MAX_TERMS = 16
MAX_DAMAGED = 100
_AROUND = 40
_TERM = re.compile(r'"([^"]*)"|([^\s"]+)')


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What is looked for: all of these terms in one message, in any order."""

    terms: tuple[str, ...]
    peer: Amid | None = None
    since: float = 0


class Hit(msgspec.Struct, frozen=True, kw_only=True):
    """A message that has all of it. The snippet is as the peer wrote it: clean it to show it."""

    session_id: SessionId
    number: int
    entry: Entry
    snippet: str


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What one piece of a search found, the newest first. `next` is empty at the end."""

    hits: tuple[Hit, ...]
    next: str
    searched: int
    left: int
    damaged: tuple[SessionId, ...]


def terms_of(text: str) -> tuple[str, ...]:
    """Return the words, and the "phrases in quotes", in the form in which they are compared."""
    found = (fold(phrase or word) for phrase, word in _TERM.findall(text))
    terms = tuple(dict.fromkeys(term for term in found if term))
    if not terms:
        raise UsageError("nothing_to_search", "There is no word to search for.")
    if len(terms) > MAX_TERMS:
        raise UsageError("too_many_words", f"A search has at most {MAX_TERMS} words.")
    return terms


def search(shelf: Shelf, wanted: Wanted, bounds: tuple[str, int], clock: Clock) -> Found:
    """Return so many hits from a place on, from sessions begun last to those begun first."""
    place, limit = bounds
    session, number = _parse(place)
    until = clock.monotonic() + WORK_SECONDS
    hits: list[Hit] = []
    damaged: list[SessionId] = []
    searched, following = 0, ""
    todo = {key: it for key, it in _all(shelf).items() if key <= session}
    for session_id in sorted(todo, reverse=True):
        if len(hits) >= limit or clock.monotonic() >= until:
            following = f"{session_id}:0"
            break
        summary = todo.pop(session_id)
        searched += summary.bytes
        if summary.changed_at < wanted.since:
            continue
        below = number if session_id == session else 0
        room = limit - len(hits)
        found, is_damaged = _in_one(shelf, summary, wanted, (below, room))
        hits += found
        if is_damaged and len(damaged) < MAX_DAMAGED:
            damaged.append(session_id)
        if len(found) == room:
            following = f"{session_id}:{found[-1].number}"
            break
    return Found(
        hits=tuple(hits),
        next=following,
        searched=searched,
        left=sum(it.bytes for it in todo.values()),
        damaged=tuple(damaged),
    )


def warm(shelf: Shelf, clock: Clock) -> tuple[int, int]:
    """Open what a search would open, for a while; return how many bytes are at hand, and not yet.

    What there is no room for is never at hand, and counts as such.
    """
    until = clock.monotonic() + WORK_SECONDS
    left = 0
    todo = _all(shelf)
    for session_id in sorted(todo, reverse=True):
        summary = todo[session_id]
        if shelf.is_at_hand(summary):
            continue
        if clock.monotonic() >= until:
            left += summary.bytes
        else:
            shelf.opened(summary)
    return sum(it.bytes for it in todo.values()) - left, left


def _all(shelf: Shelf) -> dict[SessionId, Summary]:
    shelf.use()
    found = {it.session_id: it for it in shelf.transcripts.overview()}
    shelf.keep_only(found)
    return found


def _in_one(
    shelf: Shelf, summary: Summary, wanted: Wanted, bounds: tuple[int, int]
) -> tuple[list[Hit], bool]:
    """Return the last hits of a transcript below a number, and whether it is damaged."""
    opened = shelf.opened(summary)
    if opened is None:
        return _unopened(shelf.transcripts, summary.session_id, wanted, bounds)
    if wanted.peer is not None and wanted.peer not in opened.peers:
        return [], opened.is_damaged
    below, room = bounds
    found: list[Hit] = []
    for number in opened.having(wanted.terms, wanted.since, below):
        entry = opened.entry(shelf.transcripts, summary.session_id, number)
        hit = entry and _hit(summary.session_id, number, entry, wanted)
        if hit:
            found.append(hit)
        if len(found) == room:
            break
    return found, opened.is_damaged


def _unopened(
    transcripts: Transcripts, session_id: SessionId, wanted: Wanted, bounds: tuple[int, int]
) -> tuple[list[Hit], bool]:
    """Do the same with a transcript for whose words there is no room."""
    below, room = bounds
    try:
        reader = transcripts.reader(session_id)
    except UsageError:
        return [], False  # erased just now
    found: deque[Hit] = deque(maxlen=room)
    for number, entry in enumerate(reader, 1):
        if number == below:
            break
        hit = _hit(session_id, number, entry, wanted)
        if hit is not None:
            found.append(hit)
    return list(reversed(found)), reader.is_damaged


def _hit(session_id: SessionId, number: int, entry: Entry, wanted: Wanted) -> Hit | None:
    """Return an entry as a hit if it is one."""
    if entry.at < wanted.since or (wanted.peer is not None and entry.peer != wanted.peer):
        return None
    text = _text_with(entry.body, wanted.terms) if entry.body else None
    if text is None:
        return None
    snippet = _snippet(text, wanted.terms)
    return Hit(session_id=session_id, number=number, entry=entry, snippet=snippet)


def _text_with(body: bytes, terms: tuple[str, ...]) -> str | None:
    """Return what a message says if all terms are in it."""
    if body.isascii() and b"\\" not in body:
        raw = body.decode().lower()  # no letter is written another way than it reads
        if not all(word in raw for term in terms for word in term.split()):
            return None
    text = " ".join(strings(body))
    folded = fold(text)
    return text if all(term in folded for term in terms) else None


def _snippet(text: str, terms: tuple[str, ...]) -> str:
    """Return what stands around the first term."""
    plain = " ".join(text.split())
    at = fold(plain).find(terms[0])
    if len(fold(plain)) != len(plain):  # folded letters may be several: count them one by one
        ends = accumulate(len(letter.casefold()) for letter in plain)
        at = next((number for number, end in enumerate(ends) if end > at), 0)
    start, end = max(0, at - _AROUND), at + len(terms[0]) + _AROUND
    return ("…" if start else "") + plain[start:end] + ("…" if end < len(plain) else "")


def _parse(place: str) -> tuple[SessionId, int]:
    session_id, _, number = place.partition(":")
    if not place:
        return SessionId("g"), 0  # behind every id
    if not is_id(session_id) or not (number.isascii() and number.isdigit() and len(number) < 12):
        raise UsageError("invalid_place", "This is no place that a search gave.")
    return SessionId(session_id), int(number)
