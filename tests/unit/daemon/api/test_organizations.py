"""Organisations, over the control socket."""

import pytest

from agentmesh.daemon.api import organizations
from agentmesh.errors import NotPermitted, UsageError
from agentmesh.node.certificates.own import OwnChain
from agentmesh.protocol.certificates.contents import DAY
from tests.support.vouching import ACME, NOW, fleet_of
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


async def test_an_identity_is_taken_back_only_by_who_names_it_twice(house: House) -> None:
    house.pair.high.registry.is_absent = False
    await house.ask("org.register", domain=DOMAIN)
    await house.ask("org.verify", domain=DOMAIN)
    peer = house.pair.low.amid
    for confirm, code in (
        ("", "not_confirmed"),
        (peer[:-1], "not_confirmed"),
        (peer, "not_of_fleet"),
    ):
        with pytest.raises(UsageError) as caught:
            await house.ask("org.revoke_identity", peer=peer, reason="other", confirm=confirm)
        assert caught.value.code == code


async def test_which_organization_is_asked_unless_there_is_one(house: House) -> None:
    with pytest.raises(UsageError) as caught:
        await house.ask("org.issue", peer=house.pair.low.amid)
    assert caught.value.code == "organization_not_found"


@pytest.mark.parametrize("call", ["org.show", "org.register", "org.accept", "org.revoke_identity"])
async def test_an_agent_has_no_say_in_it(house: House, call: str) -> None:
    with pytest.raises(NotPermitted):
        await house.ask(call, permit="agent", domain=DOMAIN)


async def test_who_vouches_for_a_peer_is_part_of_verifying_it(house: House) -> None:
    said = (await house.ask("verify", peer=house.pair.low.amid))["vouched"]
    assert (said["tier"], said["certificate"]) == (2, "none")


async def test_a_session_tells_who_answers_for_its_peer(house: House) -> None:
    low, high = house.pair.low, house.pair.high
    high.registry.is_absent = False
    key = low.hand.keys.ring.identity.public_key
    low.hand.keys.bear(tuple(fleet_of(key)))
    await high.say(low, "hello")
    await house.pair.settle()
    (session,) = (await house.ask("sessions"))["sessions"]
    said = session["vouched"]
    assert (said["tier"], said["organization"], said["certificate"]) == (1.5, ACME.name, "valid")


async def test_the_owner_is_told_what_runs_out(house: House) -> None:
    house.pair.high.registry.is_absent = False
    await house.ask("org.register", domain=DOMAIN)
    await house.ask("org.verify", domain=DOMAIN)
    rooms, peer = house.caller.rooms, house.pair.low.amid
    given = await house.ask("org.issue", peer=peer, days=60)
    assert given["renewed"] is False
    assert await organizations.findings(rooms) == []
    house.pair.clock.advance(45 * DAY)
    (found,) = await organizations.findings(rooms)
    assert (found.id, found.fix) == (
        "fleet_certificates_end",
        f"agentmesh org issue {peer} --org {DOMAIN} --renew",
    )
    assert any(found.why in it for it in (await house.ask("status"))["warnings"])
    again = await house.ask("org.issue", peer=peer, days=60, renew=True)
    assert again["renewed"] is True
    assert [it.id for it in await organizations.findings(rooms)] == []
    house.pair.clock.advance(16 * DAY)
    (found,) = await organizations.findings(rooms)
    assert found.id == "organization_ends"
    assert f"org verify {DOMAIN}" in found.fix


async def test_an_agent_tells_that_its_own_runs_out(house: House) -> None:
    own = house.caller.rooms.certificates.own
    own.chain = OwnChain(certificates=(b"",), organization=DOMAIN, expires_at=NOW + 11 * DAY)
    assert await organizations.findings(house.caller.rooms) == []
    house.pair.clock.advance(2 * DAY)
    (found,) = await organizations.findings(house.caller.rooms)
    assert found.id == "certificate_ends"
    assert house.pair.high.amid in found.fix
