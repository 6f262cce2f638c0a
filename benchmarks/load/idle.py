"""Agents that come in and say nothing: `python -m benchmarks.load.idle '{"address": "ws://…", …}'`.

Prints a line when all are in, and at SIGTERM another one: how many were cut off meanwhile.
"""

import asyncio
import signal
import ssl
import sys
import time

import msgspec
import uvloop

from benchmarks.load.agent import Agent
from benchmarks.load.descriptors import raise_limit, source

AT_ONCE = 100


class Crowd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who comes."""

    address: str
    count: int
    first: int = 0
    """The number of the first: it decides from which loopback addresses they come."""


async def gather(crowd: Crowd) -> list[Agent]:
    """Return agents that are in, some coming in at a time."""
    room = asyncio.Semaphore(AT_ONCE)
    tls = _unchecked() if crowd.address.startswith("wss:") else None

    async def one(number: int) -> Agent:
        async with room:
            agent = Agent()
            await agent.come_in(crowd.address, source(number), tls)
            return agent

    numbers = range(crowd.first, crowd.first + crowd.count)
    return list(await asyncio.gather(*map(one, numbers)))


async def stay(crowd: Crowd) -> None:
    """Be there until SIGTERM."""
    over = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, over.set)
    began = time.perf_counter()
    agents = await gather(crowd)
    _tell({"connected": len(agents), "seconds": time.perf_counter() - began})
    await over.wait()
    _tell({"lost": sum(agent.is_lost for agent in agents)})


def _unchecked() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _tell(found: dict[str, float]) -> None:
    print(msgspec.json.encode(found).decode(), flush=True)


if __name__ == "__main__":
    raise_limit()
    uvloop.run(stay(msgspec.json.decode(sys.argv[1], type=Crowd)))
