"""The agents that are here, as the hub and other nodes of this relay see them."""

from collections.abc import Callable, Mapping

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Acked, PresenceResponse, Sent
from agentmesh.protocol.world import Clock
from agentmesh_relay.connection import Connection, State
from agentmesh_relay.inbox import Inbox
from agentmesh_relay.limits import Accounts
from agentmesh_relay.mailbox.interface import Pending
from agentmesh_relay.neighbours import Forwarded, Owed, Sends


class House:
    """Looks at the hub's connections; what it does not know itself it hands to the hub."""

    def __init__(
        self,
        live: Mapping[Amid, Connection],
        accounts: Accounts,
        clock: Clock,
        offered: Callable[[Sends, Callable[[Sent | Forwarded], None]], None],
        leave: Callable[[Connection], None],
    ) -> None:
        self._live = live
        self._accounts = accounts
        self._clock = clock
        self._leave = leave
        self.offered = offered
        """Takes what another node offers, and says what became of it."""

    def inbox_of(self, amid: Amid) -> Inbox | None:
        """Return what an agent is getting, if it is here."""
        connection = self._live.get(amid)
        return connection.inbox if connection is not None else None

    def lets_see(self, amid: Amid, asker: Amid) -> bool:
        """Whether an agent that is here lets another one know."""
        return self._live[amid].visibility.lets_see(asker)

    def arrived(self, amid: Amid, about: Pending) -> None:
        """Give a letter to an agent that another node has put into the mailbox."""
        inbox = self.inbox_of(amid)
        if inbox is not None:
            inbox.arrived(about)

    def asked(self, asker: Amid, amid: Amid) -> PresenceResponse:
        """Return how an agent is, as far as the asker may know."""
        if self.inbox_of(amid) is None or not self.lets_see(amid, asker):
            return PresenceResponse(amid=amid, status="offline")
        status = self._live[amid].visibility.status
        return PresenceResponse(amid=amid, status=status, last_seen=int(self._clock.now() * 1000))

    def told(self, amid: Amid, frame: Acked) -> None:
        """Say to an agent, if it is here, that letters of it were kept."""
        connection = self._live.get(amid)
        if connection is not None and connection.state is State.LIVE:
            connection.say(frame)

    def displace(self, amid: Amid) -> None:
        """Part with an agent that came in at another node."""
        connection = self._live.get(amid)
        if connection is not None:
            connection.part("DISPLACED", "Another connection of this agent took over.")
            self._leave(connection)

    def owed(self, amid: Amid) -> Owed:
        """Return what an agent has used of its limits."""
        return self._accounts.owed(amid, self._clock.monotonic())

    def owe(self, amid: Amid, owed: Owed) -> None:
        """Know that it has used at least that, at another node."""
        self._accounts.owe(amid, owed, self._clock.monotonic())
