"""The calls `probe` and `ping`."""

import pytest

from agentmesh.errors import NotPermitted, RemoteProtocolError, TransportError, UsageError
from tests.unit.daemon.conftest import House


async def test_both_connections_are_measured(house: House) -> None:
    probed = await house.ask("probe")
    relay, registry = probed["relay"], probed["registry"]
    assert relay["count"] == 5
    assert (relay["code"], registry["code"]) == ("", "")
    assert registry["p50_ms"] is not None


async def test_what_does_not_answer_is_named(house: House) -> None:
    await house.caller.rooms.transport.switch(is_on=False)

    async def prekey_count() -> None:
        raise TransportError("registry_unreachable", "It does not answer.")

    house.caller.rooms.directory.prekey_count = prekey_count  # type: ignore[method-assign,assignment]
    probed = await house.ask("probe")
    assert probed["relay"]["code"] == "stopped"
    assert probed["registry"]["code"] == "registry_unreachable"
    assert probed["registry"]["fix"]


async def test_a_registry_that_does_not_know_us_yet_is_there_all_the_same(house: House) -> None:
    async def prekey_count() -> None:
        raise RemoteProtocolError("unknown_signer")

    house.caller.rooms.directory.prekey_count = prekey_count  # type: ignore[method-assign,assignment]
    assert (await house.ask("probe"))["registry"]["code"] == ""


async def test_a_peer_is_pinged_by_any_of_its_names(house: House) -> None:
    await house.ask("contacts.add", peer=house.pair.low.amid, alias="bob")
    pinged = await house.ask("ping", peer="bob", wait=0.1)
    assert (pinged["amid"], pinged["reason"]) == (house.pair.low.amid, "no_session")
    assert pinged["presence"] == "online"
    with pytest.raises(UsageError):
        await house.ask("ping", peer="nobody")
    us = house.pair.high.amid
    with pytest.raises(NotPermitted):
        await house.ask("ping", peer=us)


@pytest.mark.parametrize("call", ["examine", "probe", "ping"])
async def test_they_are_for_the_owner(house: House, call: str) -> None:
    with pytest.raises(NotPermitted):
        await house.ask(call, permit="agent", peer="bob")
