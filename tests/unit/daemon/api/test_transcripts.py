"""Transcripts over the control socket."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.control import calls
from agentmesh.crypto.secret import Secret
from agentmesh.daemon.api import transcripts as api
from agentmesh.daemon.api.transcripts import transcripts_list, transcripts_read, transcripts_show
from agentmesh.daemon.records import Records
from agentmesh.errors import NotPermitted, UsageError
from agentmesh.observability.transcript_keys import open_transcript
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.ids import Amid, SessionId, amid_of
from tests.support.records import close, records_in

BOB: Amid = amid_of(b"b" * 32)
ONE, TWO = (SessionId(f"0190a0a0-0000-7000-8000-00000000000{n}") for n in (1, 2))


@pytest.fixture
def rooms(tmp_path: Path) -> Iterator[Records]:
    records = records_in(tmp_path)
    yield records
    close(records)


@pytest.fixture
def kept(rooms: Records) -> Transcripts:
    return rooms.transcripts


def said(body: bytes, at: float = 1_800_000_000.0) -> Entry:
    return Entry(at=at, kind="received", peer=BOB, type="text", body=body)


async def test_a_transcript_is_shown_page_by_page(rooms: Records, kept: Transcripts) -> None:
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


async def test_what_is_no_json_is_shown_as_it_is(rooms: Records, kept: Transcripts) -> None:
    kept.append(ONE, said(b"\xff{"))
    kept.append(ONE, Entry(at=2.0, kind="closed", peer=BOB))
    page = await transcripts_show(rooms, calls.TranscriptsShow(session_id=ONE), "owner")
    assert [it.payload for it in page.entries] == ["\ufffd{", None]
    assert page.closed


async def test_a_list_says_whom_a_session_was_with(rooms: Records, kept: Transcripts) -> None:
    kept.append(ONE, said(b"{}"))
    (kept._directory / TWO).write_bytes(b"agentmesh-transcript 1\ndamaged")
    found = await transcripts_list(rooms, calls.TranscriptsList(), "owner")
    assert {(it.session_id, it.peer, it.peer_name) for it in found.transcripts} == {
        (ONE, BOB, BOB[:4]),
        (TWO, "", ""),
    }
    assert found.total == 2


async def test_all_are_listed_page_by_page_though_some_go_on(
    rooms: Records, kept: Transcripts
) -> None:
    names = [SessionId(f"0190a0a0-0000-7000-8000-0000000000{n}") for n in range(10, 15)]
    for name in names:
        kept.append(name, said(b"{}"))
        os.utime(kept._directory / name, (1.5, 1.5))  # all at once: the id decides
    seen, place, pages = [], "", 0
    while place or not pages:
        asked = calls.TranscriptsList(place=place, limit=2)
        page = await transcripts_list(rooms, asked, "owner")
        seen += [it.session_id for it in page.transcripts]
        assert page.total == 5
        os.utime(kept._directory / names[0], (9.0, 9.0))  # was seen; stands before all now
        place, pages = page.next, pages + 1
    assert (seen, pages) == (names, 3)
    with pytest.raises(UsageError):
        await transcripts_list(rooms, calls.TranscriptsList(place="nowhere"), "owner")


async def test_a_transcript_is_read_to_its_end_page_by_page(
    rooms: Records, kept: Transcripts
) -> None:
    kept.append(ONE, *(said(b"%d" % number) for number in range(25)))
    numbers, place, pages = [], "", 0
    while place or not pages:
        asked = calls.TranscriptsRead(session_id=ONE, place=place, limit=10)
        page = await transcripts_read(rooms, asked, "owner")
        numbers += [(it.number, it.payload) for it in page.entries]
        place, pages = page.next, pages + 1
    assert numbers == [(number + 1, number) for number in range(25)]
    assert pages == 3


async def test_a_page_has_a_size_too(
    rooms: Records, kept: Transcripts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PAGE_BYTES", 300)
    for _ in range(5):
        kept.append(ONE, said(b"1"))
    page = await transcripts_read(rooms, calls.TranscriptsRead(session_id=ONE), "owner")
    assert len(page.entries) == 3
    assert page.next


@pytest.mark.parametrize(
    "place",
    [
        "1",
        "a.b.c.d",
        "0.1..0",
        "23.0..0",
        "23.1.ff.0",
        "-1.1..0",
        "23.1..1",
        "23.1..-1",
        "23.1.",
        f"23.{1 << 64}..0",
    ],
)
async def test_a_place_that_nobody_gave_is_refused(rooms: Records, place: str) -> None:
    with pytest.raises(UsageError, match="place"):
        await transcripts_read(rooms, calls.TranscriptsRead(session_id=ONE, place=place), "owner")


async def test_what_is_found_is_shown_safely(rooms: Records, kept: Transcripts) -> None:
    kept.append(ONE, said(b'{"text":"a \\u001b[2J swordfish \\u202e"}'))
    found = await api.transcripts_search(
        rooms, calls.TranscriptsSearch(text="SWORDFISH", peer=BOB, since="2026-01-01T00:00:00Z"),
        "owner",
    )  # fmt: skip
    (hit,) = found.hits
    assert (hit.session_id, hit.number, hit.peer_name) == (ONE, 1, BOB[:4])
    assert hit.snippet.split() == ["a", "[2J", "swordfish"]
    with pytest.raises(UsageError, match="time"):
        await api.transcripts_search(
            rooms, calls.TranscriptsSearch(text="a", since="yesterday"), "owner"
        )


async def test_erasing_is_written_down(rooms: Records, kept: Transcripts, tmp_path: Path) -> None:
    kept.append(ONE, said(b"{}"))
    await api.transcripts_erase(rooms, calls.TranscriptsErase(session_id=ONE), "owner")
    assert not (tmp_path / "transcripts" / ONE).exists()
    assert audit_of(rooms) == [("transcript_erased", {"session_id": ONE})]
    with pytest.raises(UsageError, match="no transcript"):
        await api.transcripts_erase(rooms, calls.TranscriptsErase(session_id=ONE), "owner")


@pytest.mark.slow
async def test_a_key_opens_one_transcript_and_is_written_down(
    rooms: Records, kept: Transcripts, tmp_path: Path
) -> None:
    kept.append(ONE, said(b'"one"'))
    asked = calls.TranscriptsKeys(session_id=ONE, passphrase="of the file")
    assert "of the file" not in repr(asked)
    file = (await api.transcripts_keys(rooms, asked, "owner")).file.encode()
    found = open_transcript(tmp_path / "transcripts" / ONE, file, Secret(b"of the file"))
    assert [it.body for it in found.entries] == [b'"one"']
    assert audit_of(rooms) == [("session_keys_exported", {"session_id": ONE})]
    unknown = calls.TranscriptsKeys(session_id=TWO, passphrase="x")
    with pytest.raises(UsageError, match="no transcript"):
        await api.transcripts_keys(rooms, unknown, "owner")


def audit_of(records: Records) -> list[tuple[str, dict[str, str]]]:
    records.audit().flush()
    lines = [json.loads(it) for p in records.logs.iterdir() for it in p.read_text().splitlines()]
    return [(line["event"], line["fields"]) for line in lines]


async def test_what_other_keys_sealed_is_said_to_be_sealed(
    rooms: Records, kept: Transcripts
) -> None:
    kept.append(ONE, said(b"{}"))
    whole = (kept._directory / ONE).read_bytes()
    (kept._directory / TWO).write_bytes(whole)  # under the key of another session
    listed = (await transcripts_list(rooms, calls.TranscriptsList(), "owner")).transcripts
    assert {(it.session_id, it.sealed, it.readable) for it in listed} == {
        (ONE, True, True),
        (TWO, True, False),
    }
    for refused in (
        transcripts_show(rooms, calls.TranscriptsShow(session_id=TWO), "owner"),
        transcripts_read(rooms, calls.TranscriptsRead(session_id=TWO), "owner"),
    ):
        with pytest.raises(NotPermitted) as caught:
            await refused
        assert caught.value.code == "transcript_sealed"


async def test_transcripts_are_read_ahead_of_a_search(rooms: Records, kept: Transcripts) -> None:
    kept.append(ONE, said(b'{"text":"swordfish"}'))
    warmed = await api.transcripts_warm(rooms, calls.TranscriptsWarm(), "owner")
    assert (warmed.ready, warmed.left) == ((kept._directory / ONE).stat().st_size, 0)
    found = await api.transcripts_search(rooms, calls.TranscriptsSearch(text="fish"), "owner")
    assert len(found.hits) == 1
