"""Control calls by which the owner reads what was said."""

import asyncio
import contextlib
import math
from collections.abc import Iterable
from typing import Any

from agentmesh.control import answers, calls
from agentmesh.daemon.records import Records
from agentmesh.errors import NotPermitted, RemoteProtocolError, UsageError
from agentmesh.messages.delivery import clean, clean_name
from agentmesh.messages.strict_json import read_json
from agentmesh.observability.audit_line import Event
from agentmesh.observability.transcript_keys import lock
from agentmesh.observability.transcript_records import BEGINNING, Entry, Place
from agentmesh.observability.transcript_search import Hit, Wanted, search, terms_of, warm
from agentmesh.observability.transcript_shelf import KEEP_SECONDS
from agentmesh.observability.transcripts import MAX_FILE, Summary
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.times import from_text, to_text
from agentmesh.storage.key_passphrase import passphrase

Permit = calls.Permit
PAGE_BYTES = 8 * 1024 * 1024
"""A page ends behind the entry with which it reaches this size."""


async def transcripts_list(
    records: Records, asked: calls.TranscriptsList, _: Permit
) -> answers.Transcripts:
    """List the sessions of which there is a transcript."""
    found = await asyncio.to_thread(records.transcripts.overview)
    behind = _listed_at(asked.place)
    older = [it for it in found if (-it.changed_at, it.session_id) > behind]
    page = older[: asked.limit]
    return answers.Transcripts(
        transcripts=[await _summary(records, summary) for summary in page],
        total=len(found),
        next=f"{page[-1].changed_at!r}/{page[-1].session_id}" if len(older) > len(page) else "",
    )


async def transcripts_show(
    records: Records, asked: calls.TranscriptsShow, _: Permit
) -> answers.Transcript:
    """Read a page of a session's transcript."""
    found = await asyncio.to_thread(records.transcripts.show, SessionId(asked.session_id))
    if found.damaged_at == 1:
        raise _sealed()
    start = asked.first - 1
    page = found.entries[start : start + asked.limit]
    return answers.Transcript(
        session_id=found.session_id,
        entries=await _entries(records, page, asked.first),
        total=len(found.entries),
        damaged_at=found.damaged_at,
        torn=found.is_torn,
        closed=found.is_closed,
    )


async def transcripts_read(
    records: Records, asked: calls.TranscriptsRead, _: Permit
) -> answers.TranscriptPage:
    """Read on from a place."""
    place = _place(asked.place)
    session_id = SessionId(asked.session_id)
    page = await asyncio.to_thread(
        records.transcripts.page, session_id, place, (asked.limit, PAGE_BYTES)
    )
    if page.is_damaged and page.next == BEGINNING:
        raise _sealed()
    return answers.TranscriptPage(
        entries=await _entries(records, page.entries, place.number),
        next="" if page.is_last else _told(page.next),
        damaged=page.is_damaged,
    )


def _sealed() -> NotPermitted:
    return NotPermitted(
        "transcript_sealed",
        "Nothing of this transcript opens with the keys of this home.",
        "It was written under other keys, or its beginning was changed: agentmesh doctor",
    )


async def transcripts_search(
    records: Records, asked: calls.TranscriptsSearch, _: Permit
) -> answers.Hits:
    """Search on from a place."""
    wanted = Wanted(
        terms=terms_of(asked.text),
        peer=await records.peer(asked.peer),
        since=_seconds(asked.since),
    )
    bounds = (asked.place, asked.limit)
    async with records.shelf.turn:
        found = await asyncio.to_thread(search, records.shelf, wanted, bounds, records.clock)
    _let_go_later(records)
    return answers.Hits(
        hits=[await _hit(records, hit) for hit in found.hits],
        next=found.next,
        searched=found.searched,
        left=found.left,
        damaged=list(found.damaged),
    )


async def transcripts_warm(
    records: Records, _: calls.TranscriptsWarm, __: Permit
) -> answers.Warmed:
    """Read ahead of a search."""
    async with records.shelf.turn:
        ready, left = await asyncio.to_thread(warm, records.shelf, records.clock)
    _let_go_later(records)
    return answers.Warmed(ready=ready, left=left)


def _let_go_later(records: Records) -> None:
    """Look, once nobody may have searched for a while, whether that is so."""
    loop = asyncio.get_running_loop()
    loop.call_later(KEEP_SECONDS + 1, records.shelf.let_go_if_idle)


async def transcripts_erase(
    records: Records, asked: calls.TranscriptsErase, _: Permit
) -> answers.TranscriptErased:
    """Erase a transcript."""
    session_id = SessionId(asked.session_id)
    records.transcripts.erase(session_id)
    records.audit().record(Event.TRANSCRIPT_ERASED, session_id=session_id)
    return answers.TranscriptErased(session_id=session_id)


async def transcripts_keys(
    records: Records, asked: calls.TranscriptsKeys, _: Permit
) -> answers.TranscriptKey:
    """Hand out the key of one transcript."""
    session_id = SessionId(asked.session_id)
    if not records.transcripts.has(session_id):
        records.transcripts.reader(session_id)  # says that there is none
    about = (session_id, records.identity.amid, records.clock.now())
    key, words = records.transcripts.key_of(session_id), passphrase(asked.passphrase.encode())
    records.audit().record(Event.SESSION_KEYS_EXPORTED, session_id=session_id)
    file = await asyncio.to_thread(lock, key, about, words, records.entropy)
    return answers.TranscriptKey(session_id=session_id, file=file.decode())


def shown(number: int, said: Entry, peer_name: str = "") -> answers.Entry:
    """Return an entry as it is shown."""
    return answers.Entry(
        number=number,
        at=to_text(said.at),
        kind=said.kind,
        peer=said.peer,
        peer_name=peer_name,
        message_id=said.message_id or "",
        type=said.type,
        payload=_payload(said.body),
    )


async def _summary(records: Records, summary: Summary) -> answers.Summary:
    peer = await asyncio.to_thread(records.transcripts.peer, summary.session_id)
    return answers.Summary(
        readable=peer is not None,
        session_id=summary.session_id,
        peer=peer or "",
        peer_name=clean_name(await records.name_of(peer)) if peer else "",
        bytes=summary.bytes,
        changed_at=to_text(summary.changed_at),
    )


async def _entries(records: Records, page: Iterable[Entry], first: int) -> list[answers.Entry]:
    return [
        shown(number, said, clean_name(await records.name_of(said.peer)))
        for number, said in enumerate(page, first)
    ]


async def _hit(records: Records, hit: Hit) -> answers.Hit:
    said = hit.entry
    return answers.Hit(
        session_id=hit.session_id,
        number=hit.number,
        at=to_text(said.at),
        kind=said.kind,
        peer=said.peer,
        peer_name=clean_name(await records.name_of(said.peer)),
        type=said.type,
        snippet=clean(hit.snippet),
    )


def _payload(body: bytes) -> Any:
    """Return what was said; a transcript shows what it holds, JSON or not."""
    if not body:
        return None
    with contextlib.suppress(RemoteProtocolError):
        return read_json(body)
    return body.decode(errors="replace")


def _seconds(text: str) -> float:
    try:
        return from_text(text) if text else 0.0
    except ValueError:
        raise UsageError("invalid_time", f"{text!r} is no time as RFC 3339 has it.") from None


def _listed_at(place: str) -> tuple[float, str]:
    """Return behind what a list goes on; what changed meanwhile is at its beginning."""
    if not place:
        return -math.inf, ""
    changed_at, _, session_id = place.partition("/")
    try:
        return -float(changed_at), session_id
    except ValueError:
        raise _no_place() from None


def _told(place: Place) -> str:
    return f"{place.end}.{place.number}.{place.before.hex()}.{place.inside}"


def _place(text: str) -> Place:
    if not text:
        return BEGINNING
    try:
        end, number, before, inside = text.split(".")
        place = Place(int(end), int(number), bytes.fromhex(before), int(inside))
    except ValueError:
        raise _no_place() from None
    # A file has more bytes than entries.
    is_place = place.end >= BEGINNING.end and 0 <= place.inside < place.number <= MAX_FILE
    if not is_place or len(place.before) not in {0, 32}:
        raise _no_place()
    return place


def _no_place() -> UsageError:
    return UsageError("invalid_place", "This is no place that an answer gave.")
