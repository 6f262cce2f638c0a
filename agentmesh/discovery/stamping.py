"""Making a stamp where a registry asks for one: within bounds, and beside everything else."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from agentmesh.errors import Refused, TransportError
from agentmesh.observability.logs import record
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAX_STAMP_BITS
from agentmesh.protocol.stamps import Claim, made
from agentmesh.protocol.world import Clock

TRIES = 3
"""It may become dearer meanwhile; after so many stamps we come again later."""
AT_ONCE = 20_000
"""So many counters are tried before it is looked whether there is still time."""
LONGEST_SECONDS = 120.0
"""Well before a stamp of this moment is too old."""
TOLD_SECONDS = 5.0

log = logging.getLogger("agentmesh.discovery")


class StampNeeded(Refused):
    """The registry asks for a stamp of so many bits."""

    def __init__(self, bits: int) -> None:
        super().__init__(
            "stamp_needed",
            f"The registry asks for a stamp of {bits} bits.",
            f"More than {MAX_STAMP_BITS} nobody makes: ask its operator.",
        )
        self.bits = bits


async def with_stamp(
    send: Callable[[str], Awaitable[bytes]], make: Callable[[int], Awaitable[str]]
) -> bytes:
    """Return what is answered, after making as good a stamp as is asked for."""
    stamp = ""
    for _ in range(TRIES):
        try:
            return await send(stamp)
        except StampNeeded as error:
            if not 1 <= error.bits <= MAX_STAMP_BITS:
                raise
            stamp = await make(error.bits)
    raise TransportError("stamp_outrun", "The registry wants more work with each try.")


async def make_stamp(audience: str, amid: Amid, bits: int, clock: Clock) -> str:
    """Return a stamp of this moment; the work is done in a thread, a short piece at a time."""
    claim = Claim(audience, amid, int(clock.now()))
    begun = told = clock.monotonic()
    start = 0
    while (now := clock.monotonic()) - begun < LONGEST_SECONDS:
        stamp = await asyncio.to_thread(made, claim, bits, start, AT_ONCE)
        if stamp is not None:
            record(log, logging.INFO, "stamp.made", bits=bits, tries=stamp.counter + 1)
            return stamp.text
        start += AT_ONCE
        if now - told >= TOLD_SECONDS:
            told = now
            record(log, logging.INFO, "stamp.making", bits=bits, tries=start, of=1 << bits)
    raise TransportError(
        "stamp_too_slow",
        f"A stamp of {bits} bits took longer than {LONGEST_SECONDS:.0f} s.",
        "The registry is flooded with new agents; it is tried again by itself.",
    )
