"""The owner's words about a peer."""

from agentmesh.node.consent.remarks import Remark, Remarks
from agentmesh.protocol.ids import Amid
from agentmesh.storage.volatile import VolatileStore
from tests.support.world import FakeClock

PEER = Amid("2DrjgbD6qNf3DqTgGLQ6wnCWzGB1")


async def test_what_is_said_about_a_peer_survives_a_restart() -> None:
    store, clock = VolatileStore(), FakeClock()
    remarks = Remarks(store, clock)
    assert await remarks.about(PEER) == Remark()
    await remarks.note(PEER, " only recipes ")
    await remarks.invited(PEER)
    kept = await Remarks(store, clock).about(PEER)
    assert kept == Remark(note="only recipes", invited_at=clock.now())
    await remarks.note(PEER, "  ")
    assert await remarks.about(PEER) == Remark(invited_at=clock.now())
    await remarks.forget(PEER)
    assert await store.cards("remark") == []
    assert await remarks.all() == {}
