"""Presence fades."""

import pytest

from tests.support.asking import Asker
from tests.support.registrant import Registrant

ALICE = Registrant("alice")


async def seen(registry: Asker) -> tuple[str, str | None]:
    found = (await registry.get(f"/v1/registry/lookup?amid={ALICE.amid}")).json
    return found["status"], found["last_seen"]


@pytest.mark.parametrize("status", ["online", "away", "offline", "dnd"])
async def test_presence_is_seen_until_it_is_not_refreshed(registry: Asker, status: str) -> None:
    await registry.register(ALICE)
    assert await seen(registry) == ("offline", None)
    answer = await registry.post("/v1/registry/status", {"status": status}, ALICE)
    assert (answer.json["status"], answer.json["expires_in_seconds"]) == (status, 300)
    assert await seen(registry) == (status, answer.json["last_seen"])
    registry.clock.advance(300)
    assert await seen(registry) == ("offline", answer.json["last_seen"])


async def test_the_owner_is_told_that_prekeys_run_low(light: Asker) -> None:
    await light.register(ALICE)
    await light.publish(ALICE, count=19)
    said = {"status": "online"}
    assert (await light.post("/v1/registry/status", said, ALICE)).json["low_prekeys"] is True
    await light.publish(ALICE, first=20, count=1)
    assert (await light.post("/v1/registry/status", said, ALICE)).json["low_prekeys"] is False


async def test_an_unknown_status_is_refused(light: Asker) -> None:
    await light.register(ALICE)
    answer = await light.post("/v1/registry/status", {"status": "busy"}, ALICE)
    assert answer.refusal == (400, "invalid_request")
