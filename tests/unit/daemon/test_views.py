"""Rows as the control socket shows them: nothing a peer made up is taken at its word."""

import asyncio

import msgspec
import pytest

from agentmesh.daemon import views
from agentmesh.policy.document import Policy
from agentmesh.protocol.ids import Amid
from tests.support.stores import contact, knock
from tests.unit.daemon.conftest import House


@pytest.mark.parametrize(("tier", "shown"), [(2.0, "2"), (1.5, "1.5"), (1, "1")])
def test_a_tier_is_shown_as_people_write_it(tier: float, shown: str) -> None:
    assert str(views.plain(tier)) == shown


def test_a_knock_shows_its_intent_and_a_clean_name() -> None:
    row = knock("one", note=b"\xff please", subcategory="")
    shown = views.knock(msgspec.structs.replace(row, name="Eve\x1b[31m\u202e"))
    assert (shown.intent, shown.verdict) == ("communication", "pending")
    assert "\x1b" not in shown.from_name
    assert "\u202e" not in shown.from_name
    assert shown.note.endswith("please")


def test_a_contact_shows_whether_it_is_blocked() -> None:
    row = contact("bob", alias="Bee", trust=2)
    policy = Policy(blocklist=frozenset({Amid("bob")}))
    assert views.contact(row, policy).blocked
    assert not views.contact(row, Policy()).blocked
    assert views.contact(row, policy).alias == "Bee"


async def test_status_counts_what_there_is(house: House) -> None:
    await house.hear()
    status = await house.ask("status")
    assert status["inbox"] == {"unread": 1}
    assert status["outbox"] == {"pending": 0}
    (session,) = status["sessions"]  # type: ignore[misc]
    assert (session["state"], session["initiated_by_us"]) == ("open", False)


async def test_what_is_wrong_is_found(house: House) -> None:
    assert (await house.ask("health"))["healthy"] is True
    await house.caller.rooms.transport.switch(is_on=False)
    house.pair.high.publisher.prekeys.waiting = 1
    health = await house.ask("health")
    codes = {finding["id"] for finding in health["findings"]}  # type: ignore[attr-defined]
    assert len(codes) == 2
    assert health["healthy"] is False


async def test_events_of_the_owner_are_not_for_the_agent(house: House) -> None:
    told: dict[str, list[str]] = {}
    streams = {p: await house.caller.answer("events.subscribe", permit=p) for p in _PERMITS}
    for permit, stream in streams.items():
        told[permit] = await _kinds(stream, house)
    assert "breaker_pause_new" in told["owner"]
    assert "breaker_pause_new" not in told["agent"]
    assert "message_received" in told["agent"]


_PERMITS = ("owner", "agent")


async def _kinds(stream: object, house: House) -> list[str]:
    """Return what a subscription tells while the owner pauses and somebody speaks."""
    kinds: list[str] = []

    async def collect() -> None:
        async for event in stream:  # type: ignore[attr-defined]
            kinds.append(event.kind)
            if event.kind == "message_received":
                return

    collecting = asyncio.ensure_future(collect())
    await asyncio.sleep(0)
    await house.ask("pause")
    await house.ask("resume")
    await house.hear()
    await collecting
    await stream.aclose()  # type: ignore[attr-defined]
    return kinds
