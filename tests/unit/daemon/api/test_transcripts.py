"""Transcripts over the control socket."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from agentmesh.control import calls
from agentmesh.crypto.secret import Secret
from agentmesh.daemon.api.transcripts import transcripts_list, transcripts_show
from agentmesh.daemon.rooms import Rooms
from agentmesh.node.peers import Peers
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.ids import Amid, SessionId, amid_of
from agentmesh.storage.volatile import VolatileStore
from tests.support.directories import FakeDirectory
from tests.support.world import FakeClock, FakeEntropy

BOB: Amid = amid_of(b"b" * 32)
ONE = SessionId("0190a0a0-0000-7000-8000-000000000001")


@pytest.fixture
def kept(tmp_path: Path) -> Transcripts:
    return Transcripts(tmp_path / "transcripts", Secret(b"k" * 32), FakeEntropy())


@pytest.fixture
async def rooms(kept: Transcripts) -> AsyncIterator[Rooms]:
    store, clock = VolatileStore(), FakeClock()
    yield cast(
        "Rooms",
        SimpleNamespace(
            hand=SimpleNamespace(store=store),
            peers=Peers(store, FakeDirectory("registry"), clock),
            journal=SimpleNamespace(transcripts=kept),
        ),
    )
    kept.close()


def said(body: bytes, at: float = 1_800_000_000.0) -> Entry:
    return Entry(at=at, kind="received", peer=BOB, type="text", body=body)


async def test_a_transcript_is_shown_page_by_page(rooms: Rooms, kept: Transcripts) -> None:
    for number in range(5):
        kept.append(ONE, said(b'{"text":"%d"}' % number))
    asked = calls.TranscriptsShow(session_id=ONE, first=2, limit=2)
    page = await transcripts_show(rooms, asked, "owner")
    assert [(it.number, it.payload) for it in page.entries] == [
        (2, {"text": "1"}),
        (3, {"text": "2"}),
    ]
    assert (page.total, page.closed, page.torn, page.damaged_at) == (5, False, False, None)
    assert page.entries[0].at == "2027-01-15T08:00:00.000Z"


async def test_what_is_no_json_is_shown_as_it_is(rooms: Rooms, kept: Transcripts) -> None:
    kept.append(ONE, said(b"\xff{"))
    kept.append(ONE, Entry(at=2.0, kind="closed", peer=BOB))
    page = await transcripts_show(rooms, calls.TranscriptsShow(session_id=ONE), "owner")
    assert [it.payload for it in page.entries] == ["\ufffd{", None]
    assert page.closed


async def test_a_session_that_is_forgotten_is_still_listed(rooms: Rooms, kept: Transcripts) -> None:
    kept.append(ONE, said(b"{}"))
    found = await transcripts_list(rooms, calls.TranscriptsList(), "owner")
    assert [(it.session_id, it.peer) for it in found.transcripts] == [(ONE, "")]
    assert found.total == 1
