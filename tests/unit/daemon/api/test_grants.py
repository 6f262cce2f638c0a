"""The control calls on grants and introductions."""

import pytest

from agentmesh.daemon.api.grants import HOUSE_WISH
from agentmesh.errors import UsageError
from agentmesh.protocol.ids import amid_of
from agentmesh.protocol.times import to_text
from tests.unit.daemon.conftest import House

CAROL = amid_of(bytes(32))


async def test_the_owner_gives_sees_and_takes_back(house: House) -> None:
    low = house.pair.low.amid
    await house.ask("contacts.add", peer=low, alias="Low")
    given = await house.ask("grants.give", peer="low", kind="FILE-IN", uses=2, seconds=60)
    assert given["grant"]["kind"] == "file-in"
    (shown,) = (await house.ask("grants.list"))["grants"]
    assert (shown["state"], shown["uses_left"], shown["peer_name"]) == ("granted", 2, "Low")
    assert shown["until"] == to_text(house.pair.clock.now() + 60)
    house.pair.clock.advance(61)
    (shown,) = (await house.ask("grants.list", peer=low))["grants"]
    assert shown["state"] == "grant_expired"
    told = await house.ask("grants.revoke", peer=low, kind="file-in")
    assert told["grant"]["state"] == "grant_revoked"


@pytest.mark.parametrize(
    "bounds",
    [
        {"until": "tomorrow"},
        {"until": "9999-12-31T23:59:59-23:59"},
        {"until": "2001-01-01T00:00:00Z"},
        {"until": "2101-01-01T00:00:00Z", "seconds": 5},
        {"uses": 0},
        {"seconds": 0},
    ],
)
async def test_bounds_that_make_no_sense_are_refused(
    house: House, bounds: dict[str, object]
) -> None:
    low = house.pair.low.amid
    await house.ask("contacts.add", peer=low)
    with pytest.raises(UsageError):
        await house.ask("grants.give", peer=low, kind="text", **bounds)
    assert (await house.ask("grants.list"))["grants"] == []


async def test_asking_goes_to_the_peers_owner(house: House) -> None:
    low = house.pair.low
    await low.peers.trust(house.pair.high.amid, 1)
    await house.ask("grants.ask", peer=low.amid, kind="file-out", note="the photos")
    await house.pair.settle()
    (request,) = await low.consent.grants.requests()
    assert (request.kind, request.note) == ("file-out", "the photos")
    await house.ask("contacts.add", peer=low.amid)
    await low.house_mail.post(
        house.pair.high.amid, "grant_request", b'{"kind": "text"}', HOUSE_WISH
    )
    await house.pair.settle()
    (shown,) = (await house.ask("grants.list", pending=True))["grants"]
    assert (shown["state"], shown["kind"]) == ("requested", "text")


async def test_an_introduction_is_shown_with_the_knock(house: House) -> None:
    low = house.pair.low
    await house.ask("contacts.add", peer=low.amid, alias="Low")
    await house.ask("contacts.trust", peer=low.amid, trust=2)
    await low.peers.trust(house.pair.high.amid, 1)
    await low.peers.trust(CAROL, 1, name="Carol")
    payload = await low.consent.introductions.payload(CAROL, house.pair.high.amid, "a cook")
    await low.house_mail.post(house.pair.high.amid, "introduction", payload, HOUSE_WISH)
    await house.pair.settle()
    (shown,) = (await house.ask("introductions.list"))["introductions"]
    assert (shown["amid"], shown["by"], shown["by_name"], shown["by_trust"]) == (
        CAROL, low.amid, "Low", 2,
    )  # fmt: skip
    assert (await house.ask("contacts.list", permit="agent"))["contacts"] != []


async def test_our_own_introductions_leave_signed(house: House) -> None:
    low = house.pair.low
    await low.peers.trust(house.pair.high.amid, 1)
    for peer in (low.amid, CAROL):
        await house.ask("contacts.add", peer=peer)
    await house.ask("introduce", peer=CAROL, to=low.amid, note="she cooks")
    await house.pair.settle()
    (kept,) = await low.consent.introductions.of(CAROL)
    assert (kept.by, kept.note) == (house.pair.high.amid, "she cooks")
