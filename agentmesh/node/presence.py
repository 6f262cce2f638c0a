"""How we look to others, and to whom: the relay is told who may see us."""

import asyncio

from agentmesh.errors import TransportError
from agentmesh.node.at_hand import AtHand
from agentmesh.node.notices import Notice
from agentmesh.node.peers import CONTACT, Peers
from agentmesh.node.publishing import Publisher
from agentmesh.observability.audit_line import Event
from agentmesh.protocol import relay_frames
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import VISIBLE_TO
from agentmesh.transport.interface import Transport

_NEWS = frozenset({"session_started", "peer_trust_changed"}) | {
    event.value for event in Event if event.value.startswith("breaker_")
}
PAUSE_SECONDS = 0.5
"""The relay is told of who else may see us no more often than this."""


class Presence:
    """Contacts and peers of open sessions may see us; to all others we look as if we were away."""

    def __init__(
        self, hand: AtHand, peers: Peers, publisher: Publisher, transport: Transport
    ) -> None:
        self._hand = hand
        self._peers = peers
        self._publisher = publisher
        self._transport = transport
        self._visible_to: set[Amid] = set()
        self._next_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def begin(self) -> None:
        """Collect who may see us, and show ourselves."""
        self._visible_to = {row.amid for row in await self._peers.contacts()}
        now = self._hand.clock.now()
        for row in await self._hand.store.sessions():
            if row.phase == "open" and row.expires_at > now:
                self._visible_to.add(row.peer)
        self._hand.bulletin.listen(self._notice, _NEWS)
        self.show()

    def show(self) -> None:
        """Tell relay and registry how we are now."""
        self._tell_relay()
        self._publisher.show(self._hand.switches.presence)

    def _tell_relay(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        visible_to = sorted(self._visible_to - self._hand.policy().blocklist)[:VISIBLE_TO]
        presence = relay_frames.Presence(
            status=self._hand.switches.presence,
            visible_to=tuple(visible_to),
            shown_at=self._publisher.shown_at,
        )
        try:
            self._transport.show(presence)
        except TransportError:  # it has not taken what it was told before
            self._tell_relay_soon()

    def _tell_relay_soon(self) -> None:
        """Tell the relay once what a session began with has left: somebody waits for that.

        It is told everybody each time: who makes a thousand contacts tells it now and then.
        """
        if self._timer is None:
            loop = asyncio.get_running_loop()
            at = max(loop.time(), self._next_at)
            self._next_at = at + PAUSE_SECONDS
            self._timer = loop.call_at(at, self._tell_relay)

    def _notice(self, notice: Notice) -> None:
        if notice.kind == "session_started" and notice.peer is not None:
            if notice.peer not in self._visible_to:
                self._visible_to.add(notice.peer)
                self._tell_relay_soon()
        elif notice.kind == "peer_trust_changed" and notice.peer is not None:
            is_contact = int(notice.fields["trust"]) >= CONTACT
            (self._visible_to.add if is_contact else self._visible_to.discard)(notice.peer)
            self._tell_relay_soon()
        elif notice.kind.startswith("breaker_"):
            self.show()
