"""What a peer has shown in a session is kept beside it."""

from agentmesh.discovery.trust import Vouching
from agentmesh.node.certificates.showings import Showings, showing
from agentmesh.protocol.ids import SessionId
from tests.support.stores import VolatileStore
from tests.support.vouching import ACME, NOW

ONE, OTHER = SessionId("one"), SessionId("other")
HOLDS = Vouching(
    fact="valid", tier=1.5, organization=ACME.name, expires_at=NOW + 9, session_until=NOW + 1
)


async def test_what_was_shown_is_found_by_its_session() -> None:
    store = VolatileStore()
    assert await Showings(store).of(ONE) is None
    await store.commit([showing(ONE, (b"session", b"agent", b"organisation"), HOLDS, NOW)])
    found = await Showings(store).of(ONE)
    assert found is not None
    assert (found.chain, found.until) == ((b"agent", b"organisation"), NOW + 1)
    assert (found.tier, found.organization, found.expires_at) == (1.5, ACME.name, NOW + 9)
    assert await Showings(store).of(OTHER) is None
