"""Is a peer's daemon there? Asked and answered inside a session that is open anyway.

No session is begun for it, and whoever may not see whether we are there gets no answer: only
contacts that are not blocked do, and no more often than some times a minute.
"""

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass, replace
from typing import Annotated, Literal

import msgspec

from agentmesh.errors import RemoteProtocolError, TransportError, UsageError
from agentmesh.messages.envelope import Envelope
from agentmesh.node.at_hand import AtHand
from agentmesh.node.conversations import Conversations
from agentmesh.node.house_mail import HouseMail, Take
from agentmesh.node.lasting import lasting_session
from agentmesh.node.peers import CONTACT, Peers
from agentmesh.node.sessions import takes_messages, wish_of
from agentmesh.node.turn import Wish
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.transport.interface import Transport

PING, PONG = "ping", "pong"
NONCE_BYTES = 8
PONGS_PER_MINUTE = 30
MAX_PEERS = 1000
"""Of so many peers we remember how often they asked; who asked longest ago is forgotten first."""
_MINUTE = 60.0

Reason = Literal["", "no_session", "not_a_contact", "peer_away", "no_answer", "no_way"]


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a ping says, and its pong says again."""

    nonce: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{16}$")]


@dataclass(frozen=True, kw_only=True)
class Pinged:
    """How it went, in seconds. `presence` is what the peer's relay says of it."""

    presence: str
    relay: float | None = None
    peer: float | None = None
    reason: Reason = ""


class Pings:
    """Asks, and answers."""

    def __init__(
        self,
        hand: AtHand,
        talks: Conversations,
        mail: HouseMail,
        peers: Peers,
        transport: Transport,
    ) -> None:
        self._hand = hand
        self._talks = talks
        self._mail = mail
        self._peers = peers
        self._transport = transport
        self._asked: dict[str, tuple[Amid, asyncio.Future[float]]] = {}
        self._answered: OrderedDict[Amid, deque[float]] = OrderedDict()

    async def ping(self, peer: Amid, seconds: float) -> Pinged:
        """Ask a peer's relay, then its daemon, for so many seconds each at most."""
        presence, taken = await self._of_relay(peer, seconds)
        found = Pinged(presence=presence, relay=taken)
        row = await self._peers.row(peer)
        if row is None or row.trust < CONTACT:
            return replace(found, reason="not_a_contact")
        wish = await lasting_session(self._hand, self._talks, peer)
        if wish is None:
            return replace(found, reason="no_session")
        if taken is None:
            return replace(found, reason="no_way")
        if presence in {"offline", "unknown"}:
            return replace(found, reason="peer_away")  # it would wait for days, and mean nothing
        return await self._of_peer(peer, wish, seconds, found)

    async def take_ping(self, peer: Amid, session_id: SessionId, envelope: Envelope) -> None:
        """Answer a contact."""
        note = _read(envelope)
        row = await self._peers.row(peer)
        is_known = row is not None and row.trust >= CONTACT
        is_blocked = peer in self._hand.policy().blocklist or self._hand.switches.stopped
        if not is_known or is_blocked or not self._may_answer(peer):
            return
        talk = await self._talks.look(peer, session_id)
        if talk is not None and takes_messages(talk, self._hand.clock.now()):
            wish = msgspec.structs.replace(wish_of(talk), session_id=session_id)
            await self._mail.post(peer, PONG, msgspec.json.encode(note), wish)

    async def take_pong(self, peer: Amid, _: SessionId, envelope: Envelope) -> None:
        """Hear an answer; one that nobody waits for, or somebody else's, is nothing."""
        asked, waiting = self._asked.get(_read(envelope).nonce, (None, None))
        if asked == peer and waiting is not None and not waiting.done():
            waiting.set_result(self._hand.clock.monotonic())

    def takers(self) -> dict[str, Take]:
        """Return who takes which type of house mail."""
        return {PING: self.take_ping, PONG: self.take_pong}

    async def _of_relay(self, peer: Amid, seconds: float) -> tuple[str, float | None]:
        clock = self._hand.clock
        try:
            relay = await self._peers.relay_of(peer)
            began = clock.monotonic()
            async with asyncio.timeout(seconds):
                answer = await self._transport.presence_of(peer, relay)
        except (TransportError, TimeoutError):
            return "unknown", None
        return answer.status, clock.monotonic() - began

    async def _of_peer(self, peer: Amid, wish: Wish, seconds: float, found: Pinged) -> Pinged:
        nonce = self._hand.keys.ring.entropy(NONCE_BYTES).hex()
        waiting: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._asked[nonce] = (peer, waiting)
        try:
            began = self._hand.clock.monotonic()
            async with asyncio.timeout(seconds):
                await self._mail.post(peer, PING, msgspec.json.encode(Note(nonce=nonce)), wish)
                heard = await waiting
        except TimeoutError:
            return replace(found, reason="no_answer")
        except UsageError:
            return replace(found, reason="no_session")  # it ended just now
        finally:
            del self._asked[nonce]
        return replace(found, peer=heard - began)

    def _may_answer(self, peer: Amid) -> bool:
        """Whether it has not asked too often in the last minute."""
        now = self._hand.clock.monotonic()
        times = self._answered.setdefault(peer, deque(maxlen=PONGS_PER_MINUTE))
        self._answered.move_to_end(peer)
        if len(self._answered) > MAX_PEERS:
            self._answered.popitem(last=False)
        if len(times) == PONGS_PER_MINUTE and now - times[0] < _MINUTE:
            return False
        times.append(now)
        return True


def _read(envelope: Envelope) -> Note:
    try:
        return msgspec.json.decode(envelope.payload, type=Note)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise RemoteProtocolError("ping_malformed") from None
