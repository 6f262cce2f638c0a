"""What is asked about certificates is cut with everything else."""

import asyncio

import pytest

from agentmesh.discovery.chain import Chain
from agentmesh.discovery.line import Line
from agentmesh.discovery.office import Office
from agentmesh.discovery.trust import Trust
from agentmesh.errors import TransportError
from agentmesh.protocol.ids import amid_of
from tests.support.fake_authority import FakeAuthority, Shelf
from tests.support.fake_log import FakeLog
from tests.support.fake_registry import RealisticDirectory
from tests.support.fake_registry import Shelf as Records
from tests.support.registrant import Registrant
from tests.support.vouching import ALICE, NOW, fleet
from tests.support.world import FakeClock

AMID = amid_of(bytes(ALICE.verify_key))


class Registry(FakeAuthority):
    """Answers nothing that is handed in."""

    async def post(self, target: str, body: bytes) -> bytes:
        await asyncio.Event().wait()
        return b""


def chain() -> Chain:
    return Chain([RealisticDirectory(Records(), Registrant("us").amid)], FakeClock(NOW))


async def test_nobody_is_asked_once_everything_is_stopped() -> None:
    directory, registry = chain(), Registry()
    line = Line(registry.ask, registry.post, directory.asking)
    trust = Trust(line.ask, FakeClock(NOW), Shelf())
    directory.cut()
    judged = await trust.judge(fleet(), AMID)
    assert judged is not None
    assert judged.fact == "unchecked"
    assert registry.asked == []
    directory.mend()
    judged = await trust.judge(fleet(), AMID)
    assert judged is not None
    assert judged.fact == "valid"


async def test_an_answer_that_is_on_its_way_is_not_waited_for() -> None:
    directory, registry = chain(), Registry()
    line = Line(registry.ask, registry.post, directory.asking)
    office = Office(line.ask, line.post, FakeLog(FakeClock(NOW)).follower())
    asked = asyncio.create_task(office.obtain(""))
    await asyncio.sleep(0)
    directory.cut()
    with pytest.raises(TransportError, match="stopped"):
        await asked
