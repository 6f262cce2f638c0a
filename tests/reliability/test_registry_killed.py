"""A registry that is killed in the middle of anything: its log and its tables never disagree."""

import asyncio
import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest
from agentmesh_registry.storage.database import opened
from agentmesh_registry.storage.verifying import Report, verified

from agentmesh.observability.world import SystemClock
from tests.support import postgres
from tests.support.asking import Asker
from tests.support.processes import running
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

KILLS = int(os.environ.get("AGENTMESH_LOG_KILLS", "3"))
WRITERS = 4
_clock = SystemClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/registry.db"
        return
    with postgres.cluster() as url:
        yield postgres.make_database(url, "killed")


async def write(asker: Asker, writer: int, sequence: Iterator[int], answered: list[str]) -> None:
    """Register, change and revoke until nobody answers."""
    while True:
        number = next(sequence)
        agent = Registrant(f"{writer} {number}", _clock.now())
        try:
            for record in (1, 2):
                answer = await asker.register(agent, agent.record(record, "travel"))
                assert answer.status < 300, answer.raw
            if number % 3 == 0:
                assert (await asker.revoke(agent)).status == 200
        except (aiohttp.ClientError, OSError):
            return
        answered.append(agent.amid)


async def write_until_it_dies(
    url: str, seconds: float, sequence: Iterator[int], kill: Callable[[], None]
) -> list[str]:
    """Let some write at once, and kill the registry meanwhile; return whom it had answered."""
    asker = Asker(url, "", FakeClock(_clock.now()))
    asker.entropy = FakeEntropy(f"{url} {next(sequence)}")
    answered: list[str] = []
    asyncio.get_running_loop().call_later(seconds, kill)
    try:
        async with asyncio.timeout(60):
            await asyncio.gather(*(write(asker, one, sequence, answered) for one in range(WRITERS)))
    finally:
        await asker.session.close()
    return answered


async def looked_at(database_url: str, amids: list[str]) -> Report:
    async with opened(database_url) as database:
        report = await database.survey(lambda connection: verified(connection, lambda _: None))
        assert report.agents >= len(amids)
        return report


@pytest.mark.timeout(60 + 30 * KILLS)
def test_log_and_tables_never_disagree(
    database_url: str, tmp_path: Path, record_property: Callable[..., None]
) -> None:
    chance = random.Random(27)
    sequence, answered, entries = iter(range(10**9)), list[str](), 0
    unbounded = {
        f"AGENTMESH_REGISTRY_{name}_PER_MINUTE": "0"
        for name in ("REQUESTS", "REGISTRATIONS", "AGENT_REQUESTS")
    }
    options = ("--database", database_url, "--log-key", tmp_path / "log-key", "--stamp-bits", "0")
    for _ in range(KILLS):
        with running(
            "agentmesh_registry", "--listen", "127.0.0.1:0", *options, env=unbounded
        ) as registry:
            url = registry.said("listening on ", 60)
            seconds = chance.uniform(0.05, 0.8)
            kill = registry.process.kill
            answered += asyncio.run(write_until_it_dies(url, seconds, sequence, kill))
        report = asyncio.run(looked_at(database_url, answered))
        assert report.problems == ()
        assert report.log_entries >= entries
        entries = report.log_entries
    print(f"{KILLS} kills, {entries} entries, {len(answered)} answered: nothing disagrees")
    record_property("entries", entries)
