"""What is at hand for a search finds what opening everything finds, and is let go."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from agentmesh.crypto.secret import Secret
from agentmesh.observability import transcript_shelf as rules
from agentmesh.observability.transcript_records import Entry
from agentmesh.observability.transcript_search import Found, Wanted, search, terms_of, warm
from agentmesh.observability.transcript_shelf import Shelf
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.ids import Amid, SessionId
from tests.support.world import FakeClock, FakeEntropy

BOB = Amid("bob")
SESSIONS = [SessionId(f"0190a0a0-0000-7000-8000-00000000000{n}") for n in range(3)]
EVERYTHING = Wanted(terms=("o",))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Transcripts]:
    kept = Transcripts(tmp_path / "transcripts", Secret(b"k" * 32), FakeEntropy())
    yield kept
    kept.close()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def shelf(kept: Transcripts, clock: FakeClock) -> Shelf:
    return Shelf(kept, clock)


def said(text: str, at: float = 1.0, peer: Amid = BOB) -> Entry:
    body = json.dumps({"text": text}, ensure_ascii=False).encode(errors="surrogatepass")
    return Entry(at=at, kind="received", peer=peer, type="text", body=body)


def look(shelf: Shelf, text: str, limit: int = 100, place: str = "") -> Found:
    return search(shelf, Wanted(terms=terms_of(text)), (place, limit), FakeClock())


def numbers(found: Found) -> list[tuple[int, int]]:
    return [(SESSIONS.index(hit.session_id), hit.number) for hit in found.hits]


def test_a_search_opens_only_what_it_found_once_all_is_at_hand(
    kept: Transcripts, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept.append(SESSIONS[0], *(said(f"fish {n}") for n in range(100)))
    look(shelf, "fish")
    opened: list[int] = []
    one = Transcripts.one
    monkeypatch.setattr(Transcripts, "one", lambda *given: opened.append(1) or one(*given))
    monkeypatch.delattr(Transcripts, "reader")
    assert numbers(look(shelf, "fish 42")) == [(0, 43)]
    assert numbers(look(shelf, "fish", limit=2)) == [(0, 100), (0, 99)]
    assert look(shelf, "nowhere").hits == ()
    assert len(opened) == 3


def test_what_is_said_meanwhile_is_found(kept: Transcripts, shelf: Shelf) -> None:
    kept.append(SESSIONS[0], said("one fish"))
    assert numbers(look(shelf, "fish")) == [(0, 1)]
    kept.append(SESSIONS[0], said("two"), said("red fish"))
    kept.append(SESSIONS[1], said("blue fish"))
    assert numbers(look(shelf, "fish")) == [(1, 1), (0, 3), (0, 1)]


def test_what_was_erased_is_not_at_hand_either(kept: Transcripts, shelf: Shelf) -> None:
    kept.append(SESSIONS[0], said("one fish"))
    kept.append(SESSIONS[1], said("two fish"))
    look(shelf, "fish")
    kept.erase(SESSIONS[1])
    assert numbers(look(shelf, "fish")) == [(0, 1)]
    assert list(shelf._opened) == [SESSIONS[0]]
    kept.append(SESSIONS[1], said("x"))
    assert numbers(look(shelf, "fish")) == [(0, 1)]


def test_what_is_begun_anew_and_grew_larger_than_it_was_is_not_damaged(
    kept: Transcripts, shelf: Shelf
) -> None:
    kept.append(SESSIONS[0], said("one fish"))
    look(shelf, "fish")
    kept.erase(SESSIONS[0])
    kept.append(SESSIONS[0], said("red"), said("blue fish"), said("no more"))
    found = look(shelf, "fish")
    assert (numbers(found), found.damaged) == ([(0, 2)], ())


def test_warming_reads_ahead_in_pieces(kept: Transcripts, shelf: Shelf) -> None:
    class SlowClock(FakeClock):
        def monotonic(self) -> float:
            self.advance(1.5)
            return super().monotonic()

    for session_id in SESSIONS:
        kept.append(session_id, said("fish"))
    ready, left = warm(shelf, SlowClock())
    assert ready > 0 < left
    while left:
        ready, left = warm(shelf, SlowClock())
    assert ready == sum(it.bytes for it in kept.overview())


def test_it_is_let_go_when_nobody_searches(
    kept: Transcripts, shelf: Shelf, clock: FakeClock
) -> None:
    kept.append(SESSIONS[0], said("fish"))
    look(shelf, "fish")
    clock.advance(rules.KEEP_SECONDS - 1)
    assert not shelf.let_go_if_idle()
    look(shelf, "fish")
    clock.advance(rules.KEEP_SECONDS - 1)
    assert not shelf.let_go_if_idle()
    clock.advance(1)
    assert shelf.let_go_if_idle()
    assert not shelf._opened
    assert shelf._bytes == 0
    assert numbers(look(shelf, "fish")) == [(0, 1)]


async def test_it_is_not_let_go_under_a_search(shelf: Shelf, clock: FakeClock) -> None:
    clock.advance(rules.KEEP_SECONDS)
    async with shelf.turn:
        assert not shelf.let_go_if_idle()


def test_there_is_a_bound_and_what_has_no_room_is_found_all_the_same(
    kept: Transcripts, shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    for session_id in SESSIONS:
        kept.append(session_id, said("fish " + "x" * 1000))
    monkeypatch.setattr(rules, "MAX_BYTES", 2000)
    assert numbers(look(shelf, "fish")) == [(2, 1), (1, 1), (0, 1)]
    assert list(shelf._opened) == [SESSIONS[2]]
    assert shelf._bytes <= 2000
    assert warm(shelf, FakeClock())[1] == 0  # there is no more to come


def test_a_place_leads_on(kept: Transcripts, shelf: Shelf) -> None:
    for session_id in SESSIONS:
        kept.append(session_id, *(said(f"fish {n}") for n in range(5)))
    found, place = [], ""
    while True:
        page = look(shelf, "fish", 4, place)
        found += numbers(page)
        place = page.next
        if not place:
            break
    assert found == [(s, n) for s in (2, 1, 0) for n in (5, 4, 3, 2, 1)]


WORDS = st.lists(st.sampled_from(["fish", "FISH", "ß", "e\u0301", "a b", "\udcff", "\n", '"', "x"]))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.lists(
            st.tuples(WORDS.map(" ".join), st.integers(0, 3), st.sampled_from(["bob", "eve"])),
            min_size=1,
            max_size=4,
        )
    ),
    st.lists(st.sampled_from(["fish", "ss", "é", '"a b"', "x", "b fi"]), min_size=1, max_size=3),
    st.integers(0, 3),
    st.sampled_from([None, Amid("bob"), Amid("eve")]),
)
def test_it_finds_what_opening_everything_finds(
    tmp_path_factory: pytest.TempPathFactory,
    runs: list[list[tuple[str, int, str]]],
    wanted: list[str],
    since: int,
    peer: Amid | None,
) -> None:
    folder = tmp_path_factory.mktemp("kept")
    kept = Transcripts(folder, Secret(b"k" * 32), FakeEntropy())
    looked = Wanted(terms=terms_of(" ".join(wanted)), since=since, peer=peer)
    shelf, never = Shelf(kept, FakeClock()), Shelf(kept, FakeClock())
    never._bytes = rules.MAX_BYTES
    for number, run in enumerate(runs):
        kept.append(SESSIONS[number % 3], *(said(text, at, Amid(by)) for text, at, by in run))
        if number % 3 == 0:
            search(shelf, EVERYTHING, ("", 100), FakeClock())  # read in pieces
    assert search(shelf, looked, ("", 100), FakeClock()) == search(
        never, looked, ("", 100), FakeClock()
    )
    kept.close()
