"""What daemons say to each other inside a session: no agent says it, and none sees it.

It is numbered, kept and confirmed like an agent's messages. It is read at least once and in no
order: whoever takes it must not mind a repetition, nor that something earlier comes later.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from agentmesh.errors import CryptoError, RemoteProtocolError, UsageError
from agentmesh.messages.envelope import Envelope
from agentmesh.node.at_hand import AtHand
from agentmesh.node.breakers import stopped
from agentmesh.node.conversations import Conversations
from agentmesh.node.errands import Again
from agentmesh.node.sheet import Letter
from agentmesh.node.turn import Wish
from agentmesh.observability.logs import Code, record
from agentmesh.protocol.ids import Amid, MessageId, SessionId, uuid7
from agentmesh.session.events import Saying
from agentmesh.storage.interface import ErrandRow

Take = Callable[[Amid, SessionId, Envelope], Awaitable[None]]
"""Takes what a peer's daemon said in a session."""

log = logging.getLogger("agentmesh.node")


class HouseMail:
    """Hands what came to whoever it is for, and posts what is to go out."""

    def __init__(self, hand: AtHand, talks: Conversations) -> None:
        self._keys = hand.keys
        self._switches = hand.switches
        self._talks = talks
        self._takers: Mapping[str, Take] = {}

    def employ(self, takers: Mapping[str, Take]) -> None:
        """Say who takes which type of message. Called once, before the start."""
        self._takers = takers

    async def read(self, errand: ErrandRow) -> Again | None:
        """Run a `house_mail` errand; what nobody takes, or what is wrong, is dropped.

        So is what nobody could take for days: its sender decides how much of it there is.
        """
        letter = msgspec.msgpack.decode(errand.body, type=Letter)
        take = self._takers.get(letter.envelope.type)
        if take is None:
            record(log, logging.INFO, "mail.unknown", peer=errand.peer)
            return None
        if self._keys.ring.clock.now() >= errand.expires_at:
            record(log, logging.INFO, "mail.expired", peer=errand.peer)
            return None
        try:
            await take(errand.peer, letter.session_id, letter.envelope)
        except (RemoteProtocolError, CryptoError, UsageError) as error:
            record(log, logging.INFO, "mail.dropped", peer=errand.peer, code=Code(error.code))
        return None

    async def post(self, peer: Amid, kind: str, payload: bytes, wish: Wish) -> MessageId:
        """Keep a message for a peer's daemon and see to it. It is safe once this returns."""
        if self._switches.emergency:
            raise stopped()
        ring = self._keys.ring
        saying = Saying(
            message_id=MessageId(uuid7(ring.clock.now(), ring.entropy)),
            type=kind,
            payload=payload,
            timestamp=ring.milliseconds(),
        )
        await self._talks.say(peer, wish, (saying,))
        return saying.message_id
