"""Control calls of the owner's tools: what is wrong, how good connections are, who is there."""

import asyncio

from agentmesh.control import answers, calls
from agentmesh.daemon.api.status import health
from agentmesh.daemon.rooms import Rooms
from agentmesh.errors import AgentMeshError, NotPermitted, TransportError
from agentmesh.observability.findings import told_once

Permit = calls.Permit
ROUND_TRIPS = 5
SECONDS = 5.0
_NOT_YET = frozenset({"unknown_signer", "agent_not_found", "prekeys_not_found"})


async def examine(rooms: Rooms, _: calls.Examine, permit: Permit) -> answers.Health:
    """Tell what `doctor` tells while we run: of ourselves, this machine and the home."""
    own = await health(rooms, calls.Health(), permit)
    found = told_once([*await rooms.around.findings(afresh=True), *own.findings])
    return answers.Health(healthy=all(it.severity == "note" for it in found), findings=found)


async def probe(rooms: Rooms, _: calls.Probe, __: Permit) -> answers.Probed:
    """Measure both connections at once."""
    relay, registry = await asyncio.gather(_relay(rooms), _registry(rooms))
    return answers.Probed(relay=relay, registry=registry)


async def ping(rooms: Rooms, asked: calls.Ping, _: Permit) -> answers.Pinged:
    """Ask whether a peer is there."""
    peer = await rooms.peers.find(asked.peer)
    if peer == rooms.hand.keys.ring.identity.amid:
        raise NotPermitted("peer_is_ourselves", "That is this agent's own AMID.")
    found = await rooms.pings.ping(peer, asked.wait)
    return answers.Pinged(
        amid=peer,
        presence=found.presence,
        relay_ms=_milliseconds(found.relay),
        peer_ms=_milliseconds(found.peer),
        reason=found.reason,
    )


async def _relay(rooms: Rooms) -> answers.ProbedLink:
    url, us = rooms.config.settings.relay, rooms.hand.keys.ring.identity.amid
    clock, times = rooms.hand.clock, list[float]()
    try:
        async with asyncio.timeout(SECONDS):
            for _ in range(ROUND_TRIPS):
                began = clock.monotonic()
                await rooms.transport.presence_of(us)
                times.append(clock.monotonic() - began)
    except TimeoutError:
        return _failed(url, TransportError("relay_silent", "The relay does not answer us."))
    except AgentMeshError as error:
        return _failed(url, error)
    middle = sorted(times)[len(times) // 2]
    return answers.ProbedLink(url=url, p50_ms=_milliseconds(middle), count=len(times))


async def _registry(rooms: Rooms) -> answers.ProbedLink:
    url = rooms.config.settings.registry
    began = rooms.hand.clock.monotonic()
    try:
        async with asyncio.timeout(SECONDS):
            await rooms.directory.prekey_count()
    except TimeoutError:
        return _failed(url, TransportError("registry_silent", "The registry does not answer us."))
    except AgentMeshError as error:
        if error.code not in _NOT_YET:
            return _failed(url, error)
    taken = rooms.hand.clock.monotonic() - began
    return answers.ProbedLink(url=url, p50_ms=_milliseconds(taken), count=1)


def _failed(url: str, error: AgentMeshError) -> answers.ProbedLink:
    fix = error.hint or "It is tried again by itself; see `agentmesh logs`."
    return answers.ProbedLink(url=url, code=error.code, why=error.message, fix=fix)


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)
