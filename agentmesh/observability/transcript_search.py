"""Searching what was said: transcripts are opened one after the other and never leave memory.

There is no index: a plain one would lie on the disk as open as the words themselves, and a keyed
one tells who watches it grow which words come again (docs/decisions). So a search costs time, and
is done in pieces: each works for a bounded time, says how far it came, and where to go on.
"""

import re
import unicodedata
from collections import deque
from collections.abc import Iterator
from itertools import accumulate
from typing import Any

import msgspec

from agentmesh.errors import UsageError
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcripts import Transcripts
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


def fold(text: str) -> str:
    """Return a text without case, without two ways to write a letter, with single spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return " ".join(text.lower().split())


def search(
    transcripts: Transcripts, wanted: Wanted, bounds: tuple[str, int], clock: Clock
) -> Found:
    """Return so many hits from a place on, from sessions begun last to those begun first."""
    place, limit = bounds
    session, number = _parse(place)
    todo = {it.session_id: it for it in transcripts.overview() if it.session_id <= session}
    until = clock.monotonic() + WORK_SECONDS
    hits: list[Hit] = []
    damaged: list[SessionId] = []
    searched, following = 0, ""
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
        found, is_damaged = _in_one(transcripts, session_id, wanted, (below, room))
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


def _in_one(
    transcripts: Transcripts, session_id: SessionId, wanted: Wanted, bounds: tuple[int, int]
) -> tuple[list[Hit], bool]:
    """Return the last hits of a transcript below a number, and whether it is damaged."""
    below, room = bounds
    try:
        reader = transcripts.reader(session_id)
    except UsageError:
        return [], False  # erased just now
    found: deque[Hit] = deque(maxlen=room)
    for number, entry in enumerate(reader, 1):
        if number == below:
            break
        if entry.at < wanted.since or (wanted.peer is not None and entry.peer != wanted.peer):
            continue
        text = _text_with(entry.body, wanted.terms) if entry.body else None
        if text is not None:
            snippet = _snippet(text, wanted.terms)
            found.append(Hit(session_id=session_id, number=number, entry=entry, snippet=snippet))
    return list(reversed(found)), reader.is_damaged


def _text_with(body: bytes, terms: tuple[str, ...]) -> str | None:
    """Return what a message says if all terms are in it."""
    if body.isascii() and b"\\" not in body:
        raw = body.decode().lower()  # no letter is written another way than it reads
        if not all(word in raw for term in terms for word in term.split()):
            return None
    text = " ".join(_strings(body))
    folded = fold(text)
    return text if all(term in folded for term in terms) else None


def _strings(body: bytes) -> Iterator[str]:
    """Yield all text and numbers in a payload; what is no JSON is text itself."""
    try:
        level: list[Any] = [msgspec.json.decode(body)]
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        yield body.decode(errors="replace")
        return
    while level:
        item = level.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            level += reversed(item.values())
        elif isinstance(item, list):
            level += reversed(item)
        elif item is not None:
            yield str(item)


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
