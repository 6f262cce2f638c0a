"""Heads of the registry's log, told inside sessions: a registry cannot show two histories for long.

Each side tells the other the head it knows, now and then, in a session that lasts. A head is signed
by the registry: whoever tells it cannot make it up, and one that does not fit ours is evidence
against the registry, not against the peer.
"""

import base64
import binascii
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, TypeVar

import msgspec

from agentmesh.discovery.log import RegistryLog
from agentmesh.errors import RemoteProtocolError, TransportError, UsageError
from agentmesh.messages.envelope import Envelope
from agentmesh.node.at_hand import AtHand
from agentmesh.node.conversations import Conversations
from agentmesh.node.house_mail import HouseMail, Take
from agentmesh.node.lasting import lasting_session
from agentmesh.node.notices import Notice
from agentmesh.protocol.ids import Amid, SessionId
from agentmesh.protocol.signed import Signed

T = TypeVar("T")

LOG_HEAD = "log_head"
TOLD_SECONDS = 3600.0
"""No peer is told more often than that."""
MAX_PEERS = 1000
MAX_AT_ONCE = 20
"""So many heads of peers are checked at one look: each may cost the registry a request."""


MAX_HEAD_LETTERS = 2048
PATIENCE = 10
"""At so many looks a registry may fail to say how a peer's head goes together with ours."""
WITHHELD = "log_withheld"


class HeadNote(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The payload: the MessagePack of Signed(TreeHead), in base64."""

    head: Annotated[str, msgspec.Meta(max_length=MAX_HEAD_LETTERS)]


@dataclass(eq=False)
class _Heard:
    """A peer's head, and how often it could not be checked."""

    head: Signed
    looks: int = 0


class Gossip:
    """Tells heads, and hears them."""

    def __init__(
        self, hand: AtHand, talks: Conversations, mail: HouseMail, registry_log: RegistryLog
    ) -> None:
        self._hand = hand
        self._talks = talks
        self._mail = mail
        self.log = registry_log
        self._to_tell: OrderedDict[Amid, None] = OrderedDict()
        self._told: OrderedDict[Amid, float] = OrderedDict()
        self._heard: OrderedDict[Amid, _Heard] = OrderedDict()
        hand.bulletin.listen_to_runs(self._notice, {"session_started", "message_received"})

    def takers(self) -> dict[str, Take]:
        """Return who takes which type of house mail."""
        return {LOG_HEAD: self.take}

    async def take(self, peer: Amid, _: SessionId, envelope: Envelope) -> None:
        """Keep a peer's head until the next look; only its newest counts."""
        try:
            note = msgspec.json.decode(envelope.payload, type=HeadNote)
            packed = base64.b64decode(note.head, validate=True)
            signed = msgspec.msgpack.decode(packed, type=Signed)
        except (msgspec.MsgspecError, binascii.Error, ValueError, RecursionError):
            raise RemoteProtocolError("log_head_malformed") from None
        _put(self._heard, peer, _Heard(signed))

    async def exchange(self) -> None:
        """Check what was heard, and tell those who have not been told for long."""
        for peer, heard in [*self._heard.items()][:MAX_AT_ONCE]:
            if await self._is_checked(heard):
                if self._heard.get(peer) is heard:
                    del self._heard[peer]
            else:
                self._heard.move_to_end(peer)  # it holds up no other
        for peer in [*self._to_tell]:
            if await self._tell(peer):
                del self._to_tell[peer]

    async def _is_checked(self, heard: _Heard) -> bool:
        """Whether this head needs no further look."""
        try:
            await self.log.proves(heard.head)
        except TransportError:
            heard.looks += 1
            if heard.looks < PATIENCE:
                return False
            # Whoever shows two histories has no proof, and may well be silent on purpose.
            self.log.blame(WITHHELD)
        except RemoteProtocolError:
            pass  # the log has been blamed, or the head is by nobody
        return True

    async def _tell(self, peer: Amid) -> bool:
        """Tell a peer our head; False: there is no session for it now."""
        book = self.log.book
        wish = await lasting_session(self._hand, self._talks, peer)
        if book is None or book.fault or wish is None:
            return False
        packed = base64.b64encode(msgspec.msgpack.encode(book.head.signed)).decode()
        try:
            body = msgspec.json.encode(HeadNote(head=packed))
            await self._mail.post(peer, LOG_HEAD, body, wish)
        except UsageError:
            return False  # it ended just now
        _put(self._told, peer, self._hand.clock.monotonic())
        return True

    def _notice(self, run: Sequence[Notice]) -> None:
        """Remember with whom there is a session now, or something was said."""
        now = self._hand.clock.monotonic()
        for peer in dict.fromkeys(notice.peer for notice in run):
            if peer is not None and now - self._told.get(peer, -math.inf) >= TOLD_SECONDS:
                _put(self._to_tell, peer, None)


def _put(drawer: OrderedDict[Amid, T], peer: Amid, value: T) -> None:
    drawer[peer] = value
    drawer.move_to_end(peer)
    if len(drawer) > MAX_PEERS:
        drawer.popitem(last=False)
