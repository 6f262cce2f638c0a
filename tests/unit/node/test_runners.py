"""Running errands: what is final, and what is tried again."""

import pytest

from agentmesh.errors import Refused
from agentmesh.node.conversations import Conversations
from agentmesh.node.errands import Errands
from agentmesh.node.key_rack import KeyRack
from agentmesh.node.notices import Bulletin
from agentmesh.node.peers import Peers
from agentmesh.node.runners import NEWCOMER_SECONDS, Runners
from agentmesh.node.turn import Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid, MessageId
from agentmesh.protocol.records import PrekeyBundle
from agentmesh.session.events import Saying
from agentmesh.storage.interface import ErrandRow
from agentmesh.storage.volatile import VolatileStore
from agentmesh.transport.interface import LinkStatus
from agentmesh.transport.switched import SwitchedTransport
from tests.support.directories import FakeDirectory
from tests.support.parties import party
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

BOB = Registrant("bob")
HELLO = Saying(message_id=MessageId("1"), type="text", payload=b"{}", timestamp=0)
TALK = Wish(intent=Intent(category="communication"), request=SessionRequest())


class Reluctant(FakeDirectory):
    """Knows everybody, but has nobody's prekeys."""

    async def bundle(self, amid: Amid, *, one_time: bool = True) -> PrekeyBundle:
        raise Refused("prekeys_not_found")


class Desk:
    """What is needed to run an errand, and no more."""

    def __init__(self, directory: FakeDirectory) -> None:
        self.clock = clock = FakeClock()
        self.store = VolatileStore()
        ring = party("alice", clock).ring
        errands = Errands(self.store, clock, ring.entropy)
        self.talks = Conversations(
            self.store, lambda: ring, errands, Bulletin(), lambda sheet: None
        )
        offline = SwitchedTransport(
            lambda: pytest.fail("nothing is sent"),
            lambda: LinkStatus(relay="", state="offline", since=0),
        )
        peers = Peers(self.store, directory, clock)
        self.runners = Runners(self.talks, directory, offline, peers, KeyRack(self.store, ring))

    async def begun(self) -> ErrandRow:
        """Say the first word to Bob, and return the errand that comes of it."""
        await self.talks.say(BOB.amid, TALK, HELLO)
        (errand,) = await self.store.errands()
        return errand

    async def phases(self) -> list[str]:
        return [row.phase for row in await self.store.sessions()]


async def test_a_peer_whose_prekeys_are_not_published_yet_is_asked_for_again() -> None:
    desk = Desk(Reluctant("registry", BOB))
    async with desk.talks:
        again = await desk.runners.resolve(await desk.begun())
    assert again is not None
    assert again.reason == "prekeys_not_found"
    assert await desk.phases() == ["resolving"]
    assert (await desk.store.counts()).outbox == 1


async def test_a_peer_that_stays_unknown_ends_the_session_and_its_messages() -> None:
    desk = Desk(FakeDirectory("registry"))
    async with desk.talks:
        errand = await desk.begun()
        desk.clock.advance(NEWCOMER_SECONDS)
        again = await desk.runners.resolve(errand)
    assert again is None
    assert await desk.phases() == ["ended"]
    row = await desk.store.outgoing(HELLO.message_id)
    assert row is not None
    assert (row.outcome, row.reason) == ("undeliverable", "agent_not_found")
