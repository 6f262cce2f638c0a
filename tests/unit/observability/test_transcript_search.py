"""Searching sealed transcripts."""

import json
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.crypto.secret import Secret
from agentmesh.errors import UsageError
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcript_search import (
    MAX_TERMS,
    WORK_SECONDS,
    Found,
    Wanted,
    search,
    terms_of,
)
from agentmesh.observability.transcript_shelf import Shelf
from agentmesh.observability.transcript_words import fold
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.ids import Amid, SessionId
from tests.support.hostile import FUZZ
from tests.support.world import FakeClock, FakeEntropy

ALICE, BOB = Amid("alice"), Amid("bob")
SESSIONS = [SessionId(f"0190a0a0-0000-7000-8000-00000000000{n}") for n in range(4)]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Transcripts]:
    kept = Transcripts(tmp_path / "transcripts", Secret(b"k" * 32), FakeEntropy())
    yield kept
    kept.close()


def said(text: object, peer: Amid = BOB, at: float = 1.0) -> Entry:
    body = text if isinstance(text, bytes) else json.dumps({"text": text}).encode()
    return Entry(at=at, kind="received", peer=peer, type="text", body=body)


def shelf_of(kept: Transcripts) -> Shelf:
    return Shelf(kept, FakeClock())


def look(kept: Transcripts, text: str, limit: int = 100, place: str = "", **more: object) -> Found:
    wanted = Wanted(terms=terms_of(text), **more)  # type: ignore[arg-type]
    return search(shelf_of(kept), wanted, (place, limit), FakeClock())


def places(found: Found) -> list[tuple[int, int]]:
    return [(SESSIONS.index(hit.session_id), hit.number) for hit in found.hits]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("The Swordfish", "swordFISH"),
        ("Straße nach Köln", "STRASSE köln"),
        ("caf\u00e9", unicodedata.normalize("NFD", "CAFÉ")),
        (unicodedata.normalize("NFD", "café"), "café"),
        ("one  two\n three", '"two three"'),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ('a "quoted" word', "quoted"),
        ("back\\slash", "back\\slash"),
    ],
)
def test_case_and_ways_to_write_a_letter_do_not_matter(
    kept: Transcripts, text: str, wanted: str
) -> None:
    kept.append(SESSIONS[0], said(text), said("something else"))
    assert places(look(kept, wanted)) == [(0, 1)]


def test_all_words_have_to_be_in_one_message_and_a_phrase_in_one_piece(kept: Transcripts) -> None:
    kept.append(SESSIONS[0], said("red fish blue fish"), said("red"), said("blue"))
    assert places(look(kept, "blue red")) == [(0, 1)]
    assert places(look(kept, '"blue red"')) == []
    assert places(look(kept, '"fish blue" red')) == [(0, 1)]


def test_data_is_searched_by_its_values_and_what_is_no_json_as_it_is(kept: Transcripts) -> None:
    kept.append(
        SESSIONS[0],
        said(b'{"a":{"b":["deep \\u0066ish"]},"n":4711}'),
        said(b"\xff fish {"),
        Entry(at=1.0, kind="opened", peer=BOB),
    )
    assert places(look(kept, "fish")) == [(0, 2), (0, 1)]
    assert places(look(kept, "4711")) == [(0, 1)]


def test_the_newest_come_first_and_nothing_twice_page_by_page(kept: Transcripts) -> None:
    for session_id in SESSIONS:
        kept.append(session_id, *(said("fish") for _ in range(3)))
    found: list[tuple[int, int]] = []
    place = ""
    while True:
        page = look(kept, "fish", limit=2, place=place)
        found += places(page)
        place = page.next
        if not place:
            break
    assert found == [(session, number) for session in (3, 2, 1, 0) for number in (3, 2, 1)]


def test_a_session_that_is_written_to_meanwhile_confuses_no_page(kept: Transcripts) -> None:
    kept.append(SESSIONS[0], said("fish"))
    kept.append(SESSIONS[1], said("fish"), said("fish"))
    first = look(kept, "fish", limit=1)
    kept.append(SESSIONS[0], said("fish"))
    assert places(look(kept, "fish", place=first.next)) == [(1, 1), (0, 2), (0, 1)]


def test_peer_and_time_narrow_it_down(kept: Transcripts) -> None:
    kept.append(SESSIONS[0], said("fish", ALICE, 100.0), said("fish", BOB, 200.0))
    assert places(look(kept, "fish", peer=ALICE)) == [(0, 1)]
    assert places(look(kept, "fish", since=150.0)) == [(0, 2)]
    assert places(look(kept, "fish", since=9e12)) == []


class SlowClock(FakeClock):
    """Each look at it takes longer than a piece of a search may."""

    def monotonic(self) -> float:
        self.advance(WORK_SECONDS)
        return super().monotonic()


def test_a_piece_ends_with_its_time_and_says_what_is_left(kept: Transcripts) -> None:
    for session_id in SESSIONS:
        kept.append(session_id, said("fish"))
    wanted = Wanted(terms=("fish",))
    page = search(shelf_of(kept), wanted, ("", 100), SlowClock())
    assert page.next
    assert page.left
    pages = [page]
    while pages[-1].next:
        pages.append(search(shelf_of(kept), wanted, (pages[-1].next, 100), FakeClock()))
    assert [it for page in pages for it in places(page)] == [(3, 1), (2, 1), (1, 1), (0, 1)]
    assert pages[-1].left == 0


def test_a_damaged_transcript_is_told_and_the_others_are_searched(kept: Transcripts) -> None:
    for session_id in SESSIONS[:2]:
        for _ in range(2):
            kept.append(session_id, said("fish"))
    kept.close()
    path = kept._directory / SESSIONS[1]
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    found = look(kept, "fish")
    assert places(found) == [(1, 1), (0, 2), (0, 1)]
    assert found.damaged == (SESSIONS[1],)


def test_the_snippet_is_what_stands_around_the_word(kept: Transcripts) -> None:
    kept.append(SESSIONS[0], said(f"{'ß' * 500} fish {'z' * 500}"), said("a fish"))
    one, two = look(kept, "FISH").hits
    assert one.snippet == "a fish"
    assert two.snippet.startswith("…ß")
    assert " fish z" in two.snippet
    assert len(two.snippet) < 100


@pytest.mark.parametrize("text", ["", "  ", '""', '" "', " ".join(map(str, range(MAX_TERMS + 1)))])
def test_nothing_and_too_much_cannot_be_searched_for(text: str) -> None:
    with pytest.raises(UsageError):
        terms_of(text)


@pytest.mark.parametrize("place", ["x", f"{SESSIONS[0]}:", f"{SESSIONS[0]}:-1", "../a:1"])
def test_a_place_that_nobody_gave_is_refused(kept: Transcripts, place: str) -> None:
    with pytest.raises(UsageError):
        look(kept, "fish", place=place)


@FUZZ
@given(text=st.text(max_size=60), data=st.data())
def test_what_was_said_is_found_by_any_part_of_it(
    tmp_path_factory: pytest.TempPathFactory, text: str, data: st.DataObject
) -> None:
    text = text.encode(errors="ignore").decode()
    words = [word for word in fold(text).split() if '"' not in word]
    if not words:
        return
    kept = Transcripts(tmp_path_factory.mktemp("t"), Secret(b"k" * 32), FakeEntropy())
    body = json.dumps(
        {"text": text.encode(errors="ignore").decode()}, ensure_ascii=data.draw(st.booleans())
    )
    kept.append(SESSIONS[0], said(body.encode()))
    kept.close()
    assert places(look(kept, data.draw(st.sampled_from(words)))) == [(0, 1)]
