"""What operators see."""

import aiohttp
from agentmesh_registry.figures import Figures

from tests.support.asking import Asker
from tests.support.registrant import Registrant
from tests.support.world import FakeClock


def test_requests_are_counted_and_timed() -> None:
    clock = FakeClock()
    figures = Figures(clock)
    with figures.timing("/v1/stats") as outcome:
        clock.advance(0.3)
        outcome.status = 200
    text = figures.render(3, 1).decode()
    assert 'agentmesh_registry_requests_total{route="/v1/stats",status="200"} 1.0' in text
    assert 'request_seconds_sum{route="/v1/stats"} 0.3' in text
    assert "agentmesh_registry_agents 3.0" in text


async def test_they_are_served_on_the_admin_port_only_and_name_nobody(light: Asker) -> None:
    alice = Registrant("alice")
    await light.register(alice)
    await light.get(f"/v1/registry/did/{alice.amid}")
    await light.get(f"/v1/{alice.amid}")
    assert (await light.get("/metrics")).refusal == (404, "not_found")
    async with aiohttp.ClientSession() as session, session.get(light.admin_url + "/metrics") as it:
        text = await it.text()
    assert 'route="/v1/registry/did/{amid}",status="200"' in text
    assert 'route="none",status="404"' in text
    assert alice.amid not in text
