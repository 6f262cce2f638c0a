"""Control calls by which the owner reads what was said."""

import asyncio
import contextlib
from typing import Any

from agentmesh.control import answers, calls
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import RemoteProtocolError
from agentmesh.messages.delivery import clean_name
from agentmesh.messages.strict_json import read_json
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcripts import Summary
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.times import to_text

Permit = calls.Permit


async def transcripts_list(
    rooms: Rooms, asked: calls.TranscriptsList, _: Permit
) -> answers.Transcripts:
    """List the sessions of which there is a transcript."""
    found = await asyncio.to_thread(rooms.journal.transcripts.overview)
    listed = [await _summary(rooms, summary) for summary in found[: asked.limit]]
    return answers.Transcripts(transcripts=listed, total=len(found))


async def transcripts_show(
    rooms: Rooms, asked: calls.TranscriptsShow, _: Permit
) -> answers.Transcript:
    """Read a page of a session's transcript."""
    found = await asyncio.to_thread(rooms.journal.transcripts.show, SessionId(asked.session_id))
    start = asked.first - 1
    page = found.entries[start : start + asked.limit]
    return answers.Transcript(
        session_id=found.session_id,
        entries=[await _entry(rooms, *each) for each in enumerate(page, asked.first)],
        total=len(found.entries),
        damaged_at=found.damaged_at,
        torn=found.is_torn,
        closed=found.is_closed,
    )


async def _summary(rooms: Rooms, summary: Summary) -> answers.Summary:
    session = await rooms.hand.store.session(summary.session_id)
    return answers.Summary(
        session_id=summary.session_id,
        peer=session.peer if session else "",
        peer_name=await _name(rooms, session.peer) if session else "",
        bytes=summary.bytes,
        changed_at=to_text(summary.changed_at),
    )


async def _entry(rooms: Rooms, number: int, entry: Entry) -> answers.Entry:
    return answers.Entry(
        number=number,
        at=to_text(entry.at),
        kind=entry.kind,
        peer=entry.peer,
        peer_name=await _name(rooms, entry.peer),
        message_id=entry.message_id or "",
        type=entry.type,
        payload=_payload(entry.body),
    )


async def _name(rooms: Rooms, peer: Amid) -> str:
    row = await rooms.peers.row(peer)
    return clean_name((row.alias or row.name) if row else "")


def _payload(body: bytes) -> Any:
    """Return what was said; a transcript shows what it holds, JSON or not."""
    if not body:
        return None
    with contextlib.suppress(RemoteProtocolError):
        return read_json(body)
    return body.decode(errors="replace")
