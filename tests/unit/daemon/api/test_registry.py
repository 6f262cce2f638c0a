"""The registry's log over the control socket, and taking our identity back."""

import pytest

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.protocol.certificates.names import AUTHORITY
from agentmesh.protocol.transparency import RECORD
from tests.support.registrant import Registrant
from tests.support.vouching import ROOT
from tests.unit.daemon.conftest import House

MALLORY = Registrant("mallory")


async def test_what_is_known_of_the_log_is_shown(house: House) -> None:
    assert (await house.ask("registry.show"))["log"] is False
    watch = house.caller.rooms.watch
    await watch.look()
    said = await house.ask("registry.show")
    assert (said["log"], said["entries"], said["fault"]) == (True, 0, "")
    assert len(said["key"]) == 64


async def test_what_it_was_caught_at_is_shown_until_the_owner_accepts(house: House) -> None:
    watch = house.caller.rooms.watch
    await watch.look()
    log = watch.log._ask.__self__  # type: ignore[attr-defined]
    own = house.caller.rooms.hand.keys.ring.identity.amid
    log.add(RECORD, own, MALLORY.record())
    await watch.look()
    log.entries.clear()
    log.add(RECORD, MALLORY.amid, MALLORY.record())
    with pytest.raises(Exception, match="log"):
        await watch.look()
    said = await house.ask("registry.show")
    assert (said["fault"], len(said["evidence"])) == ("log_forked", 2)
    assert [entry["index"] for entry in said["foreign_entries"]] == [0]
    ids = {it["id"] for it in (await house.ask("health"))["findings"]}
    assert {"registry_caught", "own_entry_foreign"} <= ids
    accepted = await house.ask("registry.accept")
    assert (accepted["fault"], accepted["foreign_entries"]) == ("", [])


async def test_an_identity_is_taken_back_with_its_name_alone(house: House) -> None:
    own = house.caller.rooms.hand.keys.ring.identity.amid
    with pytest.raises(UsageError, match="nothing was taken back"):
        await house.ask("revoke", reason="other", confirm="yes")
    said = await house.ask("revoke", reason="key_compromise", confirm=own)
    assert said == {**said, "amid": own, "reason": "key_compromise"}
    assert house.caller.rooms.hand.switches.stopped
    ids = {it["id"] for it in (await house.ask("health"))["findings"]}
    assert "identity_revoked" in ids


async def test_verify_says_what_is_proved(house: House) -> None:
    said = await house.ask("verify", peer=house.pair.low.amid)
    assert said["log"]["proved"] is False
    assert said["log"]["reason"] == "registry_without_log"


async def test_an_authority_that_the_owner_does_not_trust_is_a_finding(house: House) -> None:
    house.pair.high.registry.is_absent = False
    certificates = house.caller.rooms.certificates
    certificates.trust.trusted = frozenset({"0" * 40})
    with pytest.raises(RemoteProtocolError):
        await certificates.own.look()
    (finding,) = [
        it for it in (await house.ask("health"))["findings"] if it["id"] == "authority_untrusted"
    ]
    assert ROOT.name.removeprefix(AUTHORITY) in finding["why"]
    assert "AGENTMESH_TRUSTED_CAS" in finding["fix"]
