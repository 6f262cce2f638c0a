"""What waits too long, is switched off, or is open."""

from dataclasses import replace

import msgspec
import pytest

from agentmesh.daemon.config import Config, Settings
from agentmesh.daemon.symptoms import symptoms
from agentmesh.protocol.limits import EXCHANGE_KEY_ROTATION_SECONDS
from agentmesh.protocol.relay_frames import Send, Sent
from agentmesh.storage.interface import KnockRow, Put
from tests.unit.daemon.conftest import House

HOUR = 3600.0


def _is_full(frame: Send) -> Sent:
    return Sent(id=frame.id, outcome="refused", code="MAILBOX_FULL", retry_after_seconds=600)


async def ids(house: House) -> list[str]:
    return [it.id for it in await symptoms(house.caller.rooms)]


async def test_a_healthy_daemon_has_none_but_an_open_door(house: House) -> None:
    assert await ids(house) == ["policy_open"], "the tests' own policy takes anybody"
    house.caller.rooms.policy.set("consent", "ask")
    assert await ids(house) == []


async def test_a_breaker_is_told_once_with_what_lifts_it(house: House) -> None:
    await house.ask("emergency_stop")
    health = await house.ask("health")
    told = [it for it in health["findings"] if it["id"].startswith("breaker")]
    assert [it["fix"] for it in told] == ["agentmesh resume --confirm RESUME"]


async def test_a_message_that_waits_for_hours_is_told(house: House) -> None:
    house.pair.wire.answer = _is_full
    await house.pair.high.say(house.pair.low, "hello")
    await house.pair.settle()
    assert "outbox_stuck" not in await ids(house)
    await house.pair.later(7 * HOUR)
    assert {"outbox_stuck", "mailbox_full"} <= set(await ids(house))


async def test_a_knock_that_waits_for_a_day_is_told(house: House) -> None:
    now = house.pair.clock.now()
    row = KnockRow(
        knock_id="01", peer=house.pair.low.amid, name="", category="travel", subcategory="",
        session_kind="conversation", note=b"", received_at=now, expires_at=now + 72 * HOUR,
        verdict="pending",
    )  # fmt: skip
    await house.pair.high.store.commit([Put(row)])
    assert "knocks_waiting" not in await ids(house)
    house.pair.clock.advance(25 * HOUR)
    assert "knocks_waiting" in await ids(house)


async def test_a_trusted_contact_whom_nobody_verified_is_told(house: House) -> None:
    peer = house.pair.low.amid
    await house.ask("contacts.add", peer=peer)
    assert "trusted_unverified" not in await ids(house)
    await house.ask("contacts.trust", peer=peer, trust=2)
    assert "trusted_unverified" in await ids(house)
    await house.pair.high.peers.verify(peer, bytes(32))
    assert "trusted_unverified" not in await ids(house)


async def test_an_exchange_key_that_is_overdue_is_told(house: House) -> None:
    store = house.pair.high.store
    newest = (await store.prekeys("exchange"))[-1]
    before = house.pair.clock.now() - EXCHANGE_KEY_ROTATION_SECONDS - 25 * HOUR
    await store.commit([Put(msgspec.structs.replace(newest, created_at=before))])
    assert "exchange_key_old" in await ids(house)


async def test_a_transcript_that_was_changed_is_told(house: House) -> None:
    await house.hear()
    rooms = house.caller.rooms
    rooms.talks.afterwards.finish()
    assert "transcript_damaged" not in await ids(house)
    (listed,) = rooms.journal.transcripts.overview()
    file = rooms.config.home / "transcripts" / listed.session_id
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    assert "transcript_damaged" in await ids(house)


async def test_an_open_way_to_a_service_is_told(house: House) -> None:
    open_way = Settings(relay="ws://192.168.1.1", registry="http://192.168.1.1")
    config = Config(home=house.caller.rooms.config.home, settings=open_way)
    rooms = replace(house.caller.rooms, config=config)
    found = [it.id for it in await symptoms(rooms)]
    assert found[:2] == ["relay_plain", "registry_plain"]


@pytest.mark.parametrize("permit", ["owner", "agent"])
async def test_only_the_owner_has_it_looked_for(house: House, permit: str) -> None:
    health = await house.ask("health", permit=permit)
    found = [it["id"] for it in health["findings"]]
    assert ("policy_open" in found) is (permit == "owner")
