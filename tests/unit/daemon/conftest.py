"""A daemon's caller, and the pair of nodes behind it: `pair.high` is the daemon."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from agentmesh.messages.file_payloads import FileOffer
from agentmesh.protocol.ids import FileId
from tests.support.node_pair import Pair, node_pair
from tests.support.rooms import Caller, caller_of


@dataclass
class House:
    """`ask` is answered by `pair.high`; `pair.low` is its peer."""

    pair: Pair
    caller: Caller

    async def ask(self, name: str, **params: object) -> dict[str, Any]:
        answer: dict[str, Any] = await self.caller.ask(name, **params)
        return answer

    async def hear(self, text: str = "hello") -> str:
        """Let the peer say something; return its id."""
        said = await self.pair.low.say(self.pair.high, text)
        await self.pair.settle()
        return said.message_id

    async def be_offered(self, file_id: str) -> str:
        """Be offered a file by `low`; return its id."""
        said = FileOffer(
            file_id=FileId(file_id), name="a.txt", size=5, root="00" * 32, key="00" * 32
        )
        await self.caller.rooms.files._arrivals.offered(self.pair.low.amid, said)
        return file_id


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    async with node_pair() as pair, caller_of(pair, pair.high, tmp_path) as caller:
        yield House(pair, caller)
