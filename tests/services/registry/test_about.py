"""What the registry says about itself."""

import agentmesh
from tests.support.asking import Asker
from tests.support.registrant import Registrant


async def test_it_is_well_and_ready_and_knows_its_version(registry: Asker) -> None:
    assert (await registry.get("/healthz")).json["status"] == "ok"
    ready = await registry.get("/readyz")
    assert (ready.status, ready.json["checks"]) == (200, {"database": "ok"})
    assert (await registry.get("/version")).json["version"] == agentmesh.__version__


async def test_stats_count_agents_and_tell_the_time(registry: Asker) -> None:
    ann = Registrant("ann")
    await registry.register(ann)
    await registry.register(Registrant("ben"))
    await registry.post("/v1/registry/status", {"status": "dnd"}, ann)
    stats = (await registry.get("/v1/stats")).json
    assert (stats["agents"], stats["online"]) == (2, 1)
    assert stats["origin"] == registry.url
    assert stats["server_time"] == "2027-01-15T08:00:00.000Z"


async def test_every_answer_carries_a_date(light: Asker) -> None:
    for target in ("/healthz", "/v1/stats", "/nothing", "/v1/registry/lookup"):
        assert "GMT" in (await light.get(target)).headers["Date"]
