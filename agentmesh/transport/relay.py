"""A link to one relay: kept up for as long as `run` runs."""

import asyncio
import logging
from collections.abc import Iterable

import msgspec

from agentmesh.errors import AgentMeshError, TransportError
from agentmesh.observability.logs import Code, record
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.relay_frames import Presence, PresenceResponse, Send, Sent
from agentmesh.transport.backoff import Backoff
from agentmesh.transport.caller import Caller
from agentmesh.transport.channel import Channel
from agentmesh.transport.dialling import CONNECT_SECONDS, dial
from agentmesh.transport.foreign import ForeignChannel
from agentmesh.transport.interface import Arrival, Incoming, LinkState, LinkStatus
from agentmesh.transport.wire import Wire

_NO_HURRY = {
    "displaced",
    "timestamp_expired",
    "protocol_mismatch",
    "relay_origin_mismatch",
    "relay_frame_malformed",
    "relay_frame_out_of_turn",
}
"""Errors that trying again soon does not mend. (Displaced: two daemons have one identity.)"""

_log = logging.getLogger(__name__)


class RelayLink:
    """Carries frames while it is connected, and connects again whenever it is not."""

    def __init__(self, url: str, caller: Caller, incoming: Incoming, *, is_ours: bool) -> None:
        self.origin = origin_of(url)
        self._caller = caller
        self._incoming = incoming
        self._is_ours = is_ours
        self._publicly = None if is_ours or caller.private_relays else caller.lookups
        self._backoff = Backoff(caller.entropy)
        self._state: LinkState = "connecting"
        self._since = caller.clock.now()
        self._last_error = ""
        self._clock_ahead: float | None = None
        self._wire: Wire | None = None
        self._channel: Channel | None = None
        self._presence: Presence | None = None
        self._takes_shown_at = True
        self._was_lost = False
        self._has_ended = False
        self._settled = asyncio.Event()  # no longer "connecting": there, or not there

    @property
    def is_busy(self) -> bool:
        """Whether somebody waits for an answer."""
        return self._channel is not None and self._channel.is_busy

    def status(self) -> LinkStatus:
        """Return how the link is."""
        return LinkStatus(
            relay=self.origin,
            state=self._state,
            since=self._since,
            last_error=self._last_error,
            clock_ahead=self._clock_ahead,
        )

    async def run(self) -> None:
        """Keep the link up until it is ended, and cancelled.

        To be cancelled alone does not end it: where the connection is lost in the same moment, the
        task group in `Channel.run` raises what it lost, and forgets that it was cancelled.
        """
        while not self._has_ended:
            self._turn_to("connecting")
            retry_after = await self._connect_once()
            no_hurry = self._last_error in _NO_HURRY
            pause = self._backoff.longest() if no_hurry else self._backoff.pause()
            if not self._has_ended:
                await asyncio.sleep(max(pause, self._backoff.spread(retry_after)))

    def end(self) -> None:
        """Connect no more; whoever calls cancels the task, too."""
        self._has_ended = True
        self._settled.set()  # who waits to hear how it is, hears that it is not there

    async def send(self, frame: Send) -> Sent:
        """Offer a frame and return the relay's answer, or raise `TransportError`."""
        return await (await self._ready()).send(frame)

    async def presence_of(self, amid: Amid) -> PresenceResponse:
        """Ask how a peer is, or raise `TransportError`."""
        return await (await self._ready()).presence_of(amid)

    def ack(self, arrivals: Iterable[Arrival]) -> None:
        """Say that these are saved. Those of an earlier connection will come again."""
        if self._channel is not None:
            self._channel.ack(arrivals)

    def show(self, presence: Presence) -> None:
        """Say how we are and who may know, now and after each reconnect."""
        self._presence = presence if self._takes_shown_at else _as_before(presence)
        if self._channel is not None:
            self._channel.say(self._presence)

    def cut(self) -> None:
        """Let go of the connection at once; what waits in it is not written any more."""
        self.end()
        if self._wire is not None:
            self._wire.cut()

    async def _ready(self) -> Channel:
        if not self._settled.is_set():
            try:
                async with asyncio.timeout(2 * CONNECT_SECONDS):
                    await self._settled.wait()
            except TimeoutError:
                raise TransportError("relay_timeout", f"{self.origin} does not answer.") from None
        if self._channel is None:
            # How the last link ended does not say why there is none now.
            has_ended = self._last_error in {"", "relay_link_lost"}
            code = "relay_unreachable" if has_ended else self._last_error
            raise TransportError(code, f"There is no link to {self.origin} at the moment.")
        return self._channel

    async def _connect_once(self) -> int:
        """Hold one connection to its end; return how long the relay asked us to stay away."""
        channel: Channel | None = None
        try:
            wire = await dial(self.origin, self._caller.tls, publicly=self._publicly)
            self._wire = wire
            try:
                make = Channel if self._is_ours else ForeignChannel
                channel = make(wire, self.origin, self._incoming)
                await channel.authenticate(self._caller)
                await self._hold(channel)
            finally:
                self._wire = self._channel = None
                if channel is not None:
                    self._clock_ahead = channel.clock_ahead
                    channel.close()
                await wire.close()
        except AgentMeshError as error:
            self._last_error = error.code
            if error.code == "invalid_message" and self._presence is not None:
                self._takes_shown_at = False
                self._presence = _as_before(self._presence)
        self._turn_to("offline")
        record(_log, logging.INFO, "relay.offline", code=Code(self._last_error))
        return channel.retry_after if channel is not None else 0

    async def _hold(self, channel: Channel) -> None:
        """Use a connection until it is lost."""
        began = self._caller.clock.monotonic()
        self._connected(channel)
        try:
            await channel.run()
        finally:
            # A relay that goes down itself tells nobody that we are gone.
            self._was_lost = not channel.retry_after
            self._backoff.lasted(self._caller.clock.monotonic() - began)

    def _connected(self, channel: Channel) -> None:
        self._channel = channel
        self._clock_ahead = channel.clock_ahead
        self._last_error = ""
        if self._presence is not None:
            channel.say(self._presence)
        self._turn_to("connected")
        record(_log, logging.INFO, "relay.connected")
        if self._is_ours:
            is_shown = self._presence is not None and bool(self._presence.shown_at)
            self._incoming.connected(self.origin, is_missed=self._was_lost and is_shown)
        else:  # it would have us offer everything, as often as it likes
            self._incoming.reached(self.origin)

    def _turn_to(self, state: LinkState) -> None:
        self._state = state
        self._since = self._caller.clock.now()
        if state == "connecting":
            self._settled.clear()
        else:
            self._settled.set()


def _as_before(presence: Presence) -> Presence:
    """Return it in words that relays of before know, too."""
    return msgspec.structs.replace(presence, shown_at="")
