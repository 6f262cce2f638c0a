"""What a peer has shown in a session is kept beside it."""

import pytest
from msgspec.structs import replace

from agentmesh.discovery.trust import Vouching
from agentmesh.node.certificates.showings import GRACE_SECONDS, Showing, Showings, showing
from agentmesh.protocol.certificates.contents import DAY
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.transparency import document_hash
from agentmesh.storage.interface import Put
from tests.support.stores import VolatileStore, session
from tests.support.vouching import ACME, NOW

CHAIN = (b"agent", b"organisation")
ONE, OTHER = SessionId("one"), SessionId("other")
HOLDS = Vouching(
    fact="valid",
    chain=CHAIN,
    tier=1.5,
    organization=ACME.name,
    expires_at=NOW + 9 * DAY,
    session_until=NOW + DAY,
)


async def test_what_was_shown_is_found_by_its_session() -> None:
    store = VolatileStore()
    assert await Showings(store).of(ONE) is None
    await store.commit([showing(ONE, HOLDS, NOW)])
    found = await Showings(store).of(ONE)
    assert found is not None
    assert (found.chain, found.until) == (CHAIN, NOW + DAY)
    assert (found.tier, found.organization, found.expires_at) == (1.5, ACME.name, NOW + 9 * DAY)
    assert await Showings(store).of(OTHER) is None


@pytest.mark.parametrize(
    ("after", "is_late"),
    [(DAY - 1, False), (DAY, True), (9 * DAY, True)],
)
async def test_it_is_late_at_its_second(after: int, *, is_late: bool) -> None:
    found = await kept(HOLDS)
    assert found.is_late(NOW + after) is is_late


async def test_what_came_late_leaves_time_to_show_a_fresh_one() -> None:
    found = await kept(replace(HOLDS, session_until=NOW - DAY))
    assert found.until == NOW + GRACE_SECONDS


async def test_who_showed_nothing_is_late_with_the_listed_chain_alone() -> None:
    found = await kept(replace(HOLDS, session_until=0))
    assert not found.is_late(NOW + 9 * DAY - 1)
    assert found.is_late(NOW + 9 * DAY)


async def test_what_rests_on_a_certificate_is_found_by_its_hash() -> None:
    store = VolatileStore()
    await store.commit([Put(session("one", peer="bob")), Put(session("two", peer="bob"))])
    await store.commit([Put(session("three", peer="eve")), showing(ONE, HOLDS, NOW)])
    found = Showings(store)
    assert await resting_on(found, b"organisation", "") == ["one"]
    assert await resting_on(found, b"agent", "bob") == ["one", "two"]
    assert await resting_on(found, b"another of his", "bob") == ["two"]
    assert await resting_on(found, b"another", "") == []


async def resting_on(found: Showings, certificate: bytes, whose: str) -> list[str]:
    rows = await found.resting_on(document_hash(certificate), Amid(whose) if whose else None)
    return sorted(row.session_id for row in rows)


async def kept(judged: Vouching) -> Showing:
    store = VolatileStore()
    await store.commit([showing(ONE, judged, NOW)])
    found = await Showings(store).of(ONE)
    assert found is not None
    return found
