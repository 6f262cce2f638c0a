"""One whole node without sockets, files or real time, joined as the daemon joins its rooms."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from agentmesh.identity.keys import Identity
from agentmesh.messages.body import Body
from agentmesh.messages.negotiation import Ours
from agentmesh.messages.strict_json import read_json, write_json
from agentmesh.node.ahead import Ahead
from agentmesh.node.at_hand import AtHand
from agentmesh.node.breakers import Breakers
from agentmesh.node.certificates.renewal import Renewal
from agentmesh.node.certificates.rooms import Authority
from agentmesh.node.certificates.vigil import Vigil
from agentmesh.node.consent.rooms import ConsentRooms, consent_rooms
from agentmesh.node.conversations import Conversations
from agentmesh.node.doorway import Doorway
from agentmesh.node.errands import Errands
from agentmesh.node.gatekeeper import Gatekeeper
from agentmesh.node.guard.hang_ups import held_for_hang_ups
from agentmesh.node.guard.holding import held_for_paused
from agentmesh.node.house_mail import HouseMail
from agentmesh.node.inbox import Inbox, Wanted, envelope_of
from agentmesh.node.incoming import Incoming
from agentmesh.node.invites.rooms import InviteRooms, Reach, invite_rooms
from agentmesh.node.invites.side_door import SideDoor
from agentmesh.node.notices import Notice
from agentmesh.node.optimistic import Optimism
from agentmesh.node.outbox import Fate, Outbox
from agentmesh.node.peers import Peers
from agentmesh.node.publishing import Profile, Publisher
from agentmesh.node.runners import Runners
from agentmesh.node.schemas.reading import Reading
from agentmesh.node.schemas.shelf import SchemaShelf
from agentmesh.node.session_cache import SessionCache
from agentmesh.node.sheet import HOUSE_MAIL, Sheet
from agentmesh.node.standing import Standing
from agentmesh.node.steward import Steward
from agentmesh.node.turn import Wish
from agentmesh.node.turnstile import Turnstile
from agentmesh.policy.document import Policy, RateLimit
from agentmesh.policy.outbound import Impulse
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import SESSION_CACHE_SECONDS
from agentmesh.storage.interface import IncomingRow
from agentmesh.storage.volatile import VolatileStore
from agentmesh.transport.interface import Transport
from tests.support.at_hand import at_hand
from tests.support.fake_authority import FakeAuthority
from tests.support.fake_registry import RealisticDirectory, Shelf
from tests.support.patience import PATIENCE
from tests.support.world import FakeClock, FakeEntropy

RELAY = "ws://127.0.0.1:1/v1/connect"
OPEN_DOOR = Policy(consent="policy", rate_limit=RateLimit(messages_per_minute=10_000))
OURS = Ours(capabilities=("travel/trains",), languages=("en", "nb"), payment_methods=("card",))
CHAT = Wish(intent=Intent(category="communication"), request=SessionRequest())


@dataclass
class Node:
    """An agent's rooms, and what it noticed."""

    clock: FakeClock
    hand: AtHand
    directory: RealisticDirectory
    ahead: Ahead
    errands: Errands
    talks: Conversations
    incoming: Incoming
    peers: Peers
    gatekeeper: Gatekeeper
    runners: Runners
    house_mail: HouseMail
    schemas: SchemaShelf
    inbox: Inbox
    outbox: Outbox
    consent: ConsentRooms
    invites: InviteRooms
    breakers: Breakers
    publisher: Publisher
    steward: Steward
    vigil: Vigil
    session_cache: SessionCache
    sheets: list[Sheet]
    registry: FakeAuthority
    authority: Authority
    policy: Policy = OPEN_DOOR
    is_vouched: bool = False
    notices: list[Notice] = field(default_factory=list)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    @property
    def amid(self) -> Amid:
        return self.hand.keys.ring.identity.amid

    @property
    def store(self) -> Any:
        return self.hand.store

    async def start(self) -> None:
        desk, joiner = self.invites.desk, self.invites.joiner
        for part in (self.ahead, self.talks, self.errands, desk, joiner, self.incoming):
            await self.stack.enter_async_context(part)

    async def stop(self) -> None:
        await self.stack.aclose()

    def is_quiet(self) -> bool:
        """Whether nothing is going on that does not wait for time or the other side."""
        lanes = not all(lane.is_idle for lane in self.talks._lanes.values())
        takes = 0 if self.incoming._waiting_for_room else len(self.incoming._tasks)
        asked = len(self.ahead._tasks)
        at_work = len(self.errands._tasks) + len(self.errands._owing) + takes + asked
        now = self.clock.monotonic()
        due = any(entry.due <= now for entry in self.errands._entries.values())
        due = due and not self.errands._is_held
        return not lanes and not at_work and not due

    def hurry(self) -> None:
        """Begin with jobs that are in no hurry."""
        for lane in self.talks._lanes.values():
            self.talks._start(lane)

    def what_is_on(self) -> dict[str, object]:
        """Return why it is not quiet."""
        return {
            "lanes": [peer for peer, lane in self.talks._lanes.items() if lane.is_busy],
            "errands": [(entry.kind, entry.due) for entry in self.errands._entries.values()],
            "running": len(self.errands._tasks),
            "incoming": len(self.incoming._tasks),
        }

    async def say(
        self, peer: "Node | Amid", text: str, wish: Wish = CHAT, *, impulse: Impulse = "owner"
    ) -> Fate:
        to = peer.amid if isinstance(peer, Node) else peer
        body = Body("text", write_json(text))
        (fate,) = await self.outbox.say(to, [body], wish, impulse=impulse)
        return fate

    async def texts(self) -> list[str]:
        """Return what the agent may see, in its order."""
        rows = await self.inbox.list(Wanted(limit=10_000))
        return [str(read_json(envelope_of(row).payload)) for row in rows]

    async def inbox_of(self, text: str) -> list[IncomingRow]:
        """Return the messages that say this."""
        rows = await self.inbox.list(Wanted(limit=10_000))
        return [row for row in rows if read_json(envelope_of(row).payload) == text]

    async def answer(self, row: IncomingRow, text: str = "here", kind: str = "response") -> Fate:
        """Answer a message, as `reply` does."""
        await self.inbox.consume(row.message_id)
        wish = await self.outbox.wish_to_answer(row)
        body = Body(kind, write_json(text))
        (fate,) = await self.outbox.say(row.peer, [body], wish, row.message_id)
        return fate

    async def phases(self) -> list[str]:
        return sorted(row.phase for row in await self.store.sessions())

    async def fate_of(self, said: Fate) -> tuple[str, str]:
        fate = await self.outbox.fate(Amid(""), said.message_id)
        return fate.outcome, fate.reason

    def kinds(self) -> list[str]:
        return [notice.kind for notice in self.notices]


async def node_called(
    name: str, clock: FakeClock, shelf: Shelf, transport: Transport, store: Any = None
) -> Node:
    """Return a node that has published itself; it is started by `start`."""
    store = store or VolatileStore()
    entropy = FakeEntropy(name)
    identity = Identity.make(entropy)
    hand = await at_hand(identity, clock, entropy, store)
    directory = RealisticDirectory(shelf, identity.amid)
    errands = Errands(store, clock, FakeEntropy(f"{name}'s pauses"))
    errands.listen(hand.bulletin)
    sheets: list[Sheet] = []
    talks = Conversations(store, hand.keys.current, errands, hand.bulletin, sheets.extend)
    schemas = SchemaShelf(hand, OURS.capabilities)
    reading = Reading(hand, schemas, OURS)
    ahead = Ahead(directory, hand.switches)
    talks.read_with(ahead.after(reading.read))
    side_door = SideDoor()
    turnstile = Turnstile(hand, SESSION_CACHE_SECONDS)
    doorway = Doorway(hand, side_door)
    incoming = Incoming(talks, doorway, errands, identity.amid, turnstile)
    incoming.acknowledge_with(transport.ack)
    peers = Peers(store, directory, clock)
    consent = consent_rooms(hand, peers, talks)
    fake = FakeAuthority(is_absent=True)
    authority = fake.at_hand(clock)
    standing = Standing(ahead, lambda _: node.is_vouched, consent.key_changes, authority.trust)
    gatekeeper = Gatekeeper(hand, talks, peers, standing)
    runners = Runners(talks, ahead, transport, hand.keys, consent.key_changes)
    runners.knock_with(Optimism(store, peers, lambda: node.policy))
    session_cache = SessionCache(hand, talks, gatekeeper)
    reach = Reach(directory=directory, side_door=side_door, offer_once=runners.offer_once)
    house_mail = HouseMail(hand, talks)
    renewal = Renewal(hand, talks, house_mail, standing)
    house_mail.employ({**consent.takers(), **renewal.takers()})
    breakers = Breakers(hand, talks)
    errands.employ(
        {
            **held_for_paused(held_for_hang_ups(runners.table(), hand), hand.switches),
            "ask_policy": gatekeeper.decide,
            "check_chain": gatekeeper.acceptance.check,
            HOUSE_MAIL: house_mail.read,
        },
        runners.offer_once,
    )
    inbox = Inbox(hand, talks)
    profile = Profile(
        display_name=name,
        capabilities=(),
        relay_endpoint=RELAY,
        shown_at="https://registry.example",
    )
    node = Node(
        clock=clock,
        hand=hand,
        directory=directory,
        ahead=ahead,
        errands=errands,
        talks=talks,
        incoming=incoming,
        peers=peers,
        gatekeeper=gatekeeper,
        runners=runners,
        house_mail=house_mail,
        schemas=schemas,
        inbox=inbox,
        outbox=Outbox(hand, talks, inbox, errands, consent),
        consent=consent,
        invites=invite_rooms(hand, peers, consent, reach),
        breakers=breakers,
        publisher=Publisher(hand, directory, profile),
        steward=Steward(hand, talks, session_cache),
        vigil=Vigil(hand, authority.trust, breakers, renewal),
        session_cache=session_cache,
        sheets=sheets,
        registry=fake,
        authority=authority,
    )
    node.hand = replace(hand, policy=lambda: node.policy)
    for room in (
        gatekeeper,
        doorway.strangers,
        node.outbox,
        consent.leave,
        consent.approvals,
        node.invites.desk,
        reading,
        turnstile,
        session_cache,
    ):
        room._hand = node.hand
    hand.bulletin.listen(node.notices.append)
    await node.publisher._publish()
    return node


async def until_quiet(*nodes: Node) -> None:
    """Let everything happen that can happen at this moment of the fake clock."""
    loop, calm = asyncio.get_running_loop(), 0
    given_up = loop.time() + PATIENCE  # a receipt waits for a moment of real time
    while loop.time() < given_up:
        await asyncio.sleep(0)
        for node in nodes:
            node.hurry()
        calm = calm + 1 if all(node.is_quiet() for node in nodes) else 0
        if calm > 3:
            return
    raise AssertionError(f"it does not become quiet: {[node.what_is_on() for node in nodes]}")
