"""The way to a registry: is it well, which one is it, may we read, does it know our signature."""

import ssl

from agentmesh.daemon.netcheck.relay import WRONG_CLOCK
from agentmesh.daemon.netcheck.report import Fact, Failed, Walk, Way, median
from agentmesh.daemon.netcheck.road import target_of, travel
from agentmesh.discovery.interface import Query
from agentmesh.discovery.registry import RegistryDirectory
from agentmesh.errors import AgentMeshError, RemoteProtocolError, TransportError
from agentmesh.observability.findings import SET_CLOCK, off_by
from agentmesh.protocol.limits import PROTOCOL
from agentmesh.protocol.world import Clock

ROUND_TRIPS = 5
_UNKNOWN = frozenset({"unknown_signer", "agent_not_found", "prekeys_not_found"})


async def way_to_registry(
    url: str, walk: Walk, directory: RegistryDirectory, why_unsigned: str, clock: Clock
) -> Way:
    """Go all the way. `why_unsigned` says why our keys are not to be had; empty if they are."""
    await travel(walk, target_of(url), ssl.create_default_context(), clock)
    await walk.step("health", lambda: _health(directory))
    await walk.step("version", lambda: _version(directory))
    await walk.step("read", lambda: _read(directory, clock))
    if why_unsigned:
        walk.skip("signed_read", why_unsigned)
    else:
        await walk.step("signed_read", lambda: signed_read(directory, clock))
    return walk.way(url)


async def _health(directory: RegistryDirectory) -> dict[str, Fact]:
    try:
        await directory.look()
    except TransportError as error:
        raise Failed(error.message, "Is this the address of a registry? See its log.") from None
    except AgentMeshError:
        raise Failed("What answers is no registry.", "Is its address right?") from None
    offset = directory.status()[0].clock_offset
    if offset is None:
        return {}
    facts: dict[str, Fact] = {"clock_ahead_seconds": round(-offset, 2)}
    if abs(offset) > WRONG_CLOCK:
        why = off_by(-offset, "the registry's")
        raise Failed(f"This machine's clock is {why}.", SET_CLOCK, facts)
    return facts


async def _version(directory: RegistryDirectory) -> dict[str, Fact]:
    try:
        told = await directory.version()
    except (RemoteProtocolError, TransportError):
        raise Failed("It does not say what it is.", "Is this a registry?") from None
    facts: dict[str, Fact] = {
        "service": told.service[:60],
        "version": told.version[:60],
        "protocol": told.protocol[:60],
    }
    if told.protocol != PROTOCOL:
        raise Failed(f"It does not speak {PROTOCOL}.", "Update this agent or the registry.", facts)
    return facts


async def _read(directory: RegistryDirectory, clock: Clock) -> dict[str, Fact]:
    times = []
    for _ in range(ROUND_TRIPS):
        began = clock.monotonic()
        await directory.search(Query(limit=1))
        times.append(clock.monotonic() - began)
    return {"p50_ms": median(times), "count": len(times)}


async def signed_read(directory: RegistryDirectory, clock: Clock) -> dict[str, Fact]:
    """Ask how many prekeys of ours are there: that spends none, and has to be signed."""
    began = clock.monotonic()
    try:
        count = await directory.prekey_count()
    except AgentMeshError as error:
        if error.code in _UNKNOWN:
            return {"is_known": False}
        fix = error.hint or "See the registry's log."
        raise Failed(f"It refuses: {error.message}", fix, {"code": error.code}) from None
    taken = round((clock.monotonic() - began) * 1000, 2)
    return {"is_known": True, "one_time_prekeys": count.one_time, "round_trip_ms": taken}
