"""The way to a relay: its WebSocket, its challenge, the round trip, and whether it lets us in."""

import asyncio
import ssl
from collections.abc import Sequence
from typing import NamedTuple

from agentmesh.daemon.netcheck.report import Fact, Failed, Walk, Way, median
from agentmesh.daemon.netcheck.road import target_of, travel
from agentmesh.errors import AgentMeshError, RemoteProtocolError, TransportError
from agentmesh.observability.findings import SET_CLOCK, off_by
from agentmesh.protocol.ids import FrameId
from agentmesh.protocol.limits import PROTOCOL
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.relay_frames import Challenge, decode_from_relay
from agentmesh.transport.caller import Caller
from agentmesh.transport.channel import Channel
from agentmesh.transport.dialling import dial
from agentmesh.transport.interface import Arrival
from agentmesh.transport.wire import Wire

ROUND_TRIPS = 5
GREETING_SECONDS = 10.0
PONG_SECONDS = 5.0
WRONG_CLOCK = 60.0


class Guest(NamedTuple):
    """Who asks. `why_not`: why it cannot prove who it is; empty if it can."""

    caller: Caller
    why_not: str


class Deaf:
    """Takes nothing in: what comes meanwhile is not acknowledged, and comes again."""

    def arrived(self, arrivals: Sequence[Arrival]) -> None:
        """See `Incoming`."""

    def acked(self, frame_ids: Sequence[FrameId]) -> None:
        """See `Incoming`."""

    def connected(self, relay: str, *, is_missed: bool) -> None:
        """See `Incoming`."""

    def reached(self, origin: str) -> None:
        """See `Incoming`."""


async def way_to_relay(
    url: str, walk: Walk, guest: Guest, tls: ssl.SSLContext, proxy: str = ""
) -> Way:
    """Go all the way. A `proxy` is named where one stands between."""
    caller = guest.caller
    if proxy:
        for name in ("dns", "tcp", "tls"):
            walk.skip(name, f"The relay is dialled through the proxy {proxy}.")
    else:
        await travel(walk, target_of(url), tls, caller.clock)
    origin = origin_of(url)
    wires: list[Wire] = []

    async def websocket() -> dict[str, Fact]:
        try:
            wires.append(await dial(origin, tls, publicly=None))
        except TransportError as error:
            raise Failed(error.message, "Is this the address of a relay? See its log.") from None
        return {}

    await walk.step("websocket", websocket)
    try:
        await walk.step("challenge", lambda: _challenge(wires[0], origin, caller))
        await walk.step("round_trip", lambda: _round_trips(wires[0]))
    finally:
        for wire in wires:
            await wire.close()
    if guest.why_not:
        walk.skip("authenticated", guest.why_not)
    else:
        await walk.step("authenticated", lambda: _let_in(origin, caller, tls))
    return walk.way(url)


async def _challenge(wire: Wire, origin: str, caller: Caller) -> dict[str, Fact]:
    try:
        async with asyncio.timeout(GREETING_SECONDS):
            challenge = decode_from_relay(await wire.next_frame())
    except TimeoutError:
        raise Failed("It lets us in and says nothing.", "Is this a relay?") from None
    except (RemoteProtocolError, TransportError):
        raise Failed("What answers does not speak as a relay does.", "Is this a relay?") from None
    if not isinstance(challenge, Challenge):
        raise Failed("What answers does not greet as a relay does.", "Is this a relay?")
    ahead = round(caller.clock.now() - challenge.time / 1000, 2)
    facts: dict[str, Fact] = {"clock_ahead_seconds": ahead, "relay": challenge.relay[:100]}
    if challenge.relay != origin:
        why = f"The relay calls itself {challenge.relay[:100]!r}: what is signed for it fits not."
        raise Failed(why, "Dial it by that name, or correct the relay's --origin.", facts)
    if PROTOCOL not in challenge.protocols:
        raise Failed(f"It does not speak {PROTOCOL}.", "Update this agent or the relay.", facts)
    if abs(ahead) > WRONG_CLOCK:
        why = off_by(ahead, "the relay's")
        raise Failed(f"This machine's clock is {why}.", SET_CLOCK, facts)
    return facts


async def _round_trips(wire: Wire) -> dict[str, Fact]:
    times: list[float] = []
    for _ in range(ROUND_TRIPS):
        try:
            async with asyncio.timeout(PONG_SECONDS):
                times.append(await wire.round_trip())
        except TimeoutError:
            raise Failed(
                "It does not answer pings.", "Try again.", {"answered": len(times)}
            ) from None
        except Exception as error:
            raise Failed("It hung up.", "See the relay's log.", {"answered": len(times)}) from error
    return {"p50_ms": median(times), "count": len(times)}


async def _let_in(origin: str, us: Caller, tls: ssl.SSLContext) -> dict[str, Fact]:
    """Connect as ourselves, ask the relay how we are, and leave."""
    wire = await dial(origin, tls, publicly=None)
    channel = Channel(wire, origin, Deaf())
    times: list[float] = []
    try:
        await channel.authenticate(us)
        running = asyncio.ensure_future(channel.run())
        try:
            for _ in range(ROUND_TRIPS):
                began = us.clock.monotonic()
                async with asyncio.timeout(PONG_SECONDS):
                    await channel.presence_of(us.amid)
                times.append(us.clock.monotonic() - began)
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    except TimeoutError:
        raise Failed("It let us in and answers nothing.", "See the relay's log.") from None
    except AgentMeshError as error:
        fix = error.hint or "See the relay's log."
        raise Failed(f"It does not let us in: {error.message}", fix, {"code": error.code}) from None
    finally:
        channel.close()
        await wire.close()
    return {"p50_ms": median(times), "count": len(times), "by": "keys"}
