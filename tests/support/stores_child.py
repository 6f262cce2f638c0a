"""A process that does nothing but commit, and says each number once it is on the disk."""

import asyncio
import itertools
import sys
from pathlib import Path

from agentmesh.protocol.ids import MessageId
from agentmesh.storage.interface import Put, Settle, SetValue
from tests.support.stores import errand, outgoing, session, sqlite_store


async def commit_for_ever(home: Path) -> None:
    async with sqlite_store(home) as store:
        start = int(await store.value("turns") or b"0") + 1
        for number in itertools.count(start):
            await store.commit(
                [
                    SetValue("turns", b"%d" % number),
                    Put(session(state=bytes(number % 5000))),
                    Put(outgoing(f"m{number}")),
                    Put(errand(f"e{number}")),
                    Settle((MessageId(f"m{number - 1}"),), "delivered"),
                ]
            )
            print(number, flush=True)


if __name__ == "__main__":
    asyncio.run(commit_for_ever(Path(sys.argv[1])))
