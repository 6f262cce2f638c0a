"""What the node needs of a way to its peers: it carries sealed frames, or says that it cannot."""

from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Literal, Protocol, Self

import msgspec

from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import (
    ConnectClaim,
    Presence,
    PresenceResponse,
    Receive,
    Send,
    Sent,
)
from agentmesh.protocol.signed import Signed

LinkState = Literal["connected", "connecting", "offline"]
Sign = Callable[[ConnectClaim], Signed]
"""Sign a claim with our identity key, which stays where it is."""


class Arrival(msgspec.Struct, frozen=True):
    """A frame for us, and the connection to our relay on which it is to be acknowledged.

    `connection` is that one's mark, and no other's: transports come and go, too.
    """

    frame: Receive
    connection: object


class LinkStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How a link is, since when (seconds since 1970), and what went wrong last (a code, or empty).

    `clock_ahead`: by how many seconds our clock is ahead of the relay's; None if never connected.
    """

    relay: str
    state: LinkState
    since: float
    last_error: str = ""
    clock_ahead: float | None = None


class Incoming(Protocol):
    """Whom a transport tells what comes. Calls must return at once.

    Frames come through our own relay only.
    """

    def arrived(self, arrivals: Sequence[Arrival]) -> None:
        """Frames came, in order. Save them, then `ack` them; before that they may come again."""

    def acked(self, frame_ids: Sequence[FrameId]) -> None:
        """Peers' daemons have kept these frames of ours. Only the relay says so."""

    def connected(self, relay: str, *, is_missed: bool) -> None:
        """The link to our own relay is up, perhaps again: offer what is unconfirmed.

        `is_missed`: the relay may have said meanwhile that we were gone.
        """

    def reached(self, origin: str) -> None:
        """Another relay is there, perhaps again: offer what could not be offered to it."""


class Transport(Protocol):
    """A way to peers. Entered: trying to connect. Left: closed."""

    async def __aenter__(self) -> Self:
        """Begin."""

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End; whoever still waits for an answer gets `TransportError`."""

    def cut(self) -> None:
        """Let go of every connection at once: nothing is written any more, waiting or not."""

    async def send(self, frame: Send, relay: str | None = None) -> Sent:
        """Offer a frame and return what the relay made of it; many may be on their way at once.

        `relay` is the recipient's, as its record names it; None: our own.
        Raises `TransportError` if there is no way through at the moment.
        """

    def ack(self, arrivals: Iterable[Arrival]) -> None:
        """Say that these are saved. Those of a connection that is gone will come again."""

    def show(self, presence: Presence) -> None:
        """Say how we are and who may know, now and after each reconnect."""

    async def presence_of(self, amid: Amid, relay: str | None = None) -> PresenceResponse:
        """Ask how a peer is. Raises `TransportError`."""

    def status(self) -> LinkStatus:
        """Return how the link to our own relay is."""
