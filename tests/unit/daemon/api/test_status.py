"""What the daemon says about itself."""

import asyncio

import pytest
from msgspec.structs import replace

from agentmesh.daemon.api.status import SHOWN_SESSIONS
from agentmesh.discovery.interface import DirectoryStatus
from agentmesh.node.notices import MAX_WAITING_NOTICES, Notice
from agentmesh.protocol.ids import SessionId
from agentmesh.storage.interface import Put
from agentmesh.transport.interface import LinkStatus
from tests.support.patience import PATIENCE
from tests.unit.daemon.conftest import House


async def test_status_counts_what_there_is(house: House) -> None:
    await house.hear()
    status = await house.ask("status")
    assert status["inbox"] == {"unread": 1}
    assert status["outbox"] == {"pending": 0}
    (session,) = status["sessions"]
    assert (session["state"], session["initiated_by_us"]) == ("open", False)


async def test_of_many_sessions_the_newest_are_shown_and_all_are_counted(house: House) -> None:
    await house.hear()
    (row,) = await house.caller.rooms.hand.store.sessions()
    names = [f"0190a0a0-0000-7000-8000-0000000{n:05}" for n in range(SHOWN_SESSIONS + 5)]
    await house.caller.rooms.hand.store.commit(
        [Put(replace(row, session_id=SessionId(name), opened_at=n)) for n, name in enumerate(names)]
    )
    status = await house.ask("status")
    assert len(status["sessions"]) == SHOWN_SESSIONS
    assert status["sessions_total"] == len(names) + 1
    seen, before = [], ""
    while before or not seen:
        page = await house.ask("sessions", before=before, limit=30)
        seen += [it["session_id"] for it in page["sessions"]]
        assert page["total"] == len(names) + 1
        before = page["next"]
    assert seen == [row.session_id, *reversed(names)]


async def test_what_is_wrong_is_found(house: House) -> None:
    house.caller.rooms.policy.set("consent", "ask")
    assert (await house.ask("health"))["healthy"] is True
    await house.caller.rooms.transport.switch(is_on=False)
    house.pair.high.publisher.prekeys.waiting = 1
    health = await house.ask("health")
    codes = {finding["id"] for finding in health["findings"]}
    assert len(codes) == 2
    assert health["healthy"] is False


@pytest.mark.parametrize(
    ("reason", "why"),
    [
        ("registry_unreachable", "The registry http://away does not answer."),
        (
            "internal_error",
            "The registry http://away answers, but cannot serve us: internal error.",
        ),
    ],
)
async def test_a_registry_that_answers_is_not_called_silent(
    house: House, monkeypatch: pytest.MonkeyPatch, reason: str, why: str
) -> None:
    down = DirectoryStatus(name="registry", url="http://away", state="down", reason=reason)
    monkeypatch.setattr(house.caller.rooms.directory, "status", lambda: (down,))
    assert why in (await house.ask("status"))["warnings"]


async def test_why_a_relay_is_not_connected_is_read_in_words(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = LinkStatus(
        relay="wss://away", state="offline", since=0, last_error="relay_certificate_invalid"
    )
    monkeypatch.setattr(house.caller.rooms.transport, "status", lambda: refused)
    why = "The relay wss://away is not connected: relay certificate invalid."
    assert why in (await house.ask("status"))["warnings"]


async def test_events_of_the_owner_are_not_for_the_agent(house: House) -> None:
    told: dict[str, list[str]] = {}
    streams = {p: await house.caller.answer("events.subscribe", permit=p) for p in _PERMITS}
    for permit, stream in streams.items():
        told[permit] = await _kinds(stream, house)
    assert "breaker_pause_new" in told["owner"]
    assert "breaker_pause_new" not in told["agent"]
    assert "message_received" in told["agent"]


async def test_who_names_kinds_of_events_is_told_of_them_however_many_others_there_are(
    house: House,
) -> None:
    stream = await house.caller.answer("events.subscribe", kinds=["paused"])
    told = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0)
    others = [Notice(kind="message_received")] * (MAX_WAITING_NOTICES + 1)
    house.caller.rooms.hand.bulletin.publish(Notice(kind="paused"), *others)
    async with asyncio.timeout(PATIENCE):
        assert (await told).kind == "paused"
    await stream.aclose()


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
