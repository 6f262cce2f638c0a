"""The registry answers as its OpenAPI document says, whatever it is asked, and never breaks."""

import asyncio
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentmesh.observability.world import SystemClock
from tests.support import postgres
from tests.support.api_cases import Caller, ask_all
from tests.support.asking import Asker
from tests.support.processes import running
from tests.support.registrant import Registrant
from tests.support.world import FakeClock, FakeEntropy

CASES = int(os.environ.get("AGENTMESH_API_CASES", "100"))
_clock = SystemClock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/registry.db"
        return
    with postgres.cluster() as url:
        yield postgres.make_database(url, "asked")


async def register(url: str, agents: list[Registrant]) -> None:
    asker = Asker(url, "", FakeClock(_clock.now()))
    asker.entropy = FakeEntropy("registering")
    try:
        for agent in agents:
            answer = await asker.register(agent, agent.record(1, "travel/flights"))
            assert answer.status == 201, answer.raw
            assert (await asker.publish(agent, count=50)).status == 200
    finally:
        await asker.session.close()


@pytest.mark.timeout(120 + CASES)
def test_every_answer_is_one_that_the_document_knows(
    database_url: str, tmp_path: Path, record_property: Callable[..., None]
) -> None:
    unlimited = {
        f"AGENTMESH_REGISTRY_{name}_PER_MINUTE": "0"
        for name in ("REQUESTS", "REGISTRATIONS", "AGENT_REQUESTS", "FETCHES", "ONE_TIME")
    }
    options = ("--database", database_url, "--log-key", tmp_path / "log-key", "--stamp-bits", "0")
    agents = [Registrant(f"agent {number}", _clock.now()) for number in range(5)]
    with running(
        "agentmesh_registry", "--listen", "127.0.0.1:0", *options, env=unlimited
    ) as registry:
        url = registry.said("listening on ", 60)
        asyncio.run(register(url, agents))
        asked = ask_all(url, Caller(agents, _clock.now, FakeEntropy("asking")), CASES)
    assert asked.failures == []
    assert asked.cases >= CASES
    assert asked.done > 0
    print(f"{asked.cases} requests, {asked.done} of them done: all as the document says")
    record_property("cases", asked.cases)
