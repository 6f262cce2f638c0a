"""An agent that never stops talking: `python -m tests.reliability.flood HOME PEER`.

Several connections send one message after the other and ask how things are in between; what is
refused is tried again at once, and a daemon that is gone is dialled again.
"""

import asyncio
import sys
from pathlib import Path

from agentmesh.control import calls
from agentmesh.control.async_client import AsyncClient
from agentmesh.errors import AgentMeshError, NotRunning

MOUTHS = 4
BREATH_SECONDS = 0.005
AWAY_SECONDS = 0.05


async def _talk(home: Path, peer: str, mouth: int) -> None:
    number = 0
    while True:
        try:
            async with AsyncClient(home) as client:
                while True:
                    number += 1
                    await _say(client, peer, f"{mouth}: {number}")
                    await asyncio.sleep(BREATH_SECONDS)
        except (AgentMeshError, OSError):
            await asyncio.sleep(AWAY_SECONDS)


async def _say(client: AsyncClient, peer: str, text: str) -> None:
    try:
        await client.call(calls.Send(to=peer, body=text))
        await client.call(calls.Status())
    except NotRunning:
        raise
    except AgentMeshError:
        await asyncio.sleep(BREATH_SECONDS)


async def main(home: Path, peer: str) -> None:
    """Talk until this process is ended."""
    async with asyncio.TaskGroup() as mouths:
        for mouth in range(MOUTHS):
            mouths.create_task(_talk(home, peer, mouth))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
