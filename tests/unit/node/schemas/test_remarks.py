"""What is noted beside a message."""

from agentmesh.messages.schemas.problems import Problem
from agentmesh.node.schemas.remarks import REMARK_SECONDS, Remarks, card, name_of, remarks_on
from agentmesh.protocol.ids import Amid, MessageId
from agentmesh.storage.interface import Put
from agentmesh.storage.volatile import VolatileStore
from tests.support.stores import incoming

REMARKS = Remarks((Problem("$.a", "It is wrong.", "a/b/v1"),), ("budget_exceeded",))


async def test_remarks_are_found_by_peer_and_message() -> None:
    store = VolatileStore()
    await store.commit([Put(card(Amid("alice"), MessageId("1"), REMARKS, 5))])
    rows = [incoming("1", peer="alice"), incoming("1", peer="eve"), incoming("2", peer="alice")]
    assert await remarks_on(store, rows) == {name_of(Amid("alice"), MessageId("1")): REMARKS}
    assert await remarks_on(store, []) == {}


async def test_remarks_do_not_stay_for_ever() -> None:
    assert card(Amid("alice"), MessageId("1"), REMARKS, 5).expires_at == 5 + REMARK_SECONDS
