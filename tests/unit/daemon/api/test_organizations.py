"""Organisations, over the control socket."""

import pytest

from agentmesh.errors import NotPermitted, UsageError
from tests.unit.daemon.conftest import House

DOMAIN = "acme.example"


async def test_a_domain_is_claimed_proved_and_issues(house: House) -> None:
    house.pair.high.registry.is_absent = False
    begun = await house.ask("org.register", domain=DOMAIN)
    assert begun["record"] == f"_agentmesh.{DOMAIN}"
    assert (await house.ask("org.verify", domain=DOMAIN))["proved"] is True
    peer = house.pair.low.amid
    given = await house.ask("org.issue", peer=peer)
    assert given["amid"] == peer
    (shown,) = (await house.ask("org.show"))["organizations"]
    assert [it["serial"] for it in shown["agents"]] == [given["serial"]]
    gone = await house.ask("org.revoke", peer=peer, reason="superseded")
    assert gone["agents"][0]["revoked"] == "superseded"


async def test_which_organization_is_asked_unless_there_is_one(house: House) -> None:
    with pytest.raises(UsageError) as caught:
        await house.ask("org.issue", peer=house.pair.low.amid)
    assert caught.value.code == "organization_not_found"


@pytest.mark.parametrize("call", ["org.show", "org.register", "org.accept"])
async def test_an_agent_has_no_say_in_it(house: House, call: str) -> None:
    with pytest.raises(NotPermitted):
        await house.ask(call, permit="agent", domain=DOMAIN)


async def test_who_vouches_for_a_peer_is_part_of_verifying_it(house: House) -> None:
    said = (await house.ask("verify", peer=house.pair.low.amid))["vouched"]
    assert (said["tier"], said["certificate"]) == (2, "none")
