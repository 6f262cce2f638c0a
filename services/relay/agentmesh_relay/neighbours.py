"""The other nodes of this relay, as the hub sees them; and how it is without any."""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import msgspec

from agentmesh.observability.health import Check
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Acked, PresenceResponse, Send, Sent
from agentmesh_relay.mailbox.interface import Mailbox, Pending

Owed = tuple[float, ...]
"""What an agent has used of its limits: for each kind, the seconds until it is paid for."""


class Sends(msgspec.Struct, frozen=True, gc=False):
    """What one agent sends to one other at a time: at least one, of one kind."""

    sender: Amid
    sent_at: int
    sends: Sequence[Send]


class Forwarded(msgspec.Struct, frozen=True, gc=False, tag_field="type", tag="forwarded"):
    """All of them are with the recipient's connection."""


class House(Protocol):
    """Who has the agents of this node."""

    def offered(self, sends: Sends, say: Callable[[Sent | Forwarded], None]) -> None:
        """Take what is for one of them, and say what became of it: of each, or of all."""

    def asked(self, asker: Amid, amid: Amid) -> PresenceResponse:
        """Return how one of them is, as far as the asker may know."""

    def told(self, amid: Amid, frame: Acked) -> None:
        """Say this to one of them."""

    def arrived(self, amid: Amid, about: Pending) -> None:
        """Give a letter to one of them that another node has put into the mailbox."""

    def displace(self, amid: Amid) -> None:
        """Part with one of them: it is at another node now."""

    def owed(self, amid: Amid) -> Owed:
        """Return what an agent has used of its limits."""

    def owe(self, amid: Amid, owed: Owed) -> None:
        """Know that it has used at least that."""


class Neighbours(Protocol):
    """Calls return at once; what is handed in is called later, within some seconds in any case."""

    def serve(self, house: House) -> None:
        """Pass on to this house what the others say."""

    def look(self) -> None:
        """Do what time demands. Called every second."""

    def enter(self, amid: Amid, then: Callable[[], None]) -> None:
        """Know that an agent is here; `then` comes when it is nowhere else any more."""

    def leave(self, amid: Amid, owed: Owed) -> None:
        """Know that it is not here any more."""

    def has(self, amid: Amid) -> bool:
        """Whether another node has this agent, as far as we know."""

    def offer(self, sends: Sends, done: Callable[[Sent | Forwarded | None], None]) -> bool:
        """Pass them to the node that has their recipient, if one has it and there is room.

        It tells what became of each, or of all; None if that of the rest cannot be known.
        """

    def ask(self, asker: Amid, amid: Amid, done: Callable[[PresenceResponse | None], None]) -> bool:
        """Ask the node that has this agent how it is, if one has it."""

    def tell(self, amid: Amid, frame: Acked) -> None:
        """Say this to an agent, if another node has it."""


class Kept(msgspec.Struct, frozen=True):
    """Where a relay keeps letters, with whom it shares that, and how to see whether it is well."""

    mailbox: Mailbox
    neighbours: Neighbours
    checks: Mapping[str, Check]


class Alone:
    """No other node."""

    def serve(self, house: House) -> None:
        """See `Neighbours`."""

    def look(self) -> None:
        """See `Neighbours`."""

    def enter(self, amid: Amid, then: Callable[[], None]) -> None:  # noqa: ARG002 - of the protocol
        """See `Neighbours`."""
        then()

    def leave(self, amid: Amid, owed: Owed) -> None:
        """See `Neighbours`."""

    def has(self, amid: Amid) -> bool:  # noqa: ARG002 - of the protocol
        """See `Neighbours`."""
        return False

    def offer(
        self,
        sends: Sends,  # noqa: ARG002 - of the protocol
        done: Callable[[Sent | Forwarded | None], None],  # noqa: ARG002
    ) -> bool:
        """See `Neighbours`."""
        return False

    def ask(
        self,
        asker: Amid,  # noqa: ARG002 - of the protocol
        amid: Amid,  # noqa: ARG002
        done: Callable[[PresenceResponse | None], None],  # noqa: ARG002
    ) -> bool:
        """See `Neighbours`."""
        return False

    def tell(self, amid: Amid, frame: Acked) -> None:
        """See `Neighbours`."""
