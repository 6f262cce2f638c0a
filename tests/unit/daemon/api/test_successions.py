"""A contact's successor over the control socket: shown, followed, declined."""

import pytest

from agentmesh.errors import TrustError, UsageError
from agentmesh.policy.document import Policy
from agentmesh.protocol.revocation import Revocation, Succession
from agentmesh.protocol.signed import Purpose, Signed
from agentmesh.protocol.transparency import REVOCATION
from tests.support.registrant import Registrant
from tests.unit.daemon.conftest import House

OLD = Registrant("old")


def _statement(house: House) -> Signed:
    """OLD's word that `low` takes its place."""
    new = house.pair.low.hand.keys.ring.identity
    place = Succession(predecessor=OLD.amid, successor=new.amid, timestamp=1)
    said = Revocation(
        amid=OLD.amid,
        reason="superseded",
        issuer="key",
        timestamp=1,
        successor=new.sign(place, Purpose.SUCCESSION),
        note="A new\nlaptop.",
    )
    return OLD.signed(said, Purpose.REVOCATION)


async def _superseded(house: House) -> None:
    """Let a contact be taken back in the log, which we follow."""
    watch = house.caller.rooms.watch
    await house.ask("contacts.add", peer=OLD.amid, alias="pal")
    await watch.look()
    log = watch.log._ask.__self__  # type: ignore[attr-defined]
    log.add(REVOCATION, OLD.amid, _statement(house))
    await watch.look()


async def test_the_owner_sees_why_and_who_is_named(house: House) -> None:
    await _superseded(house)
    low = house.pair.low.amid
    shown = (await house.ask("contacts.show", peer="pal"))["contact"]["taken_back"]
    assert shown == {
        "reason": "superseded",
        "issuer": "key",
        "organization": "",
        "note": "A new laptop.",
        "successor": low,
        "declined": False,
    }
    (finding,) = [
        it for it in (await house.ask("health"))["findings"] if it["id"] == "contact_revoked"
    ]
    assert low in finding["why"]
    assert f"contacts follow (or decline) {OLD.amid}" in finding["fix"]
    agents: dict[str, dict[str, dict[str, object]]] = await house.ask(
        "contacts.show", peer=OLD.amid, permit="agent"
    )
    assert agents["contact"]["taken_back"] == {**shown, "note": ""}


async def test_following_lets_in_who_waits(house: House) -> None:
    await _superseded(house)
    await house.hear("it is me")
    assert await house.pair.high.texts() == []
    kept = await house.ask("contacts.follow", peer="pal")
    await house.pair.settle()
    contact = kept["contact"]
    assert contact["amid"] == house.pair.low.amid
    assert contact["alias"] == "pal"
    assert await house.pair.high.texts() == ["it is me"]
    assert "contact_revoked" not in str(await house.ask("health"))
    await house.ask("contacts.add", peer=OLD.amid)
    with pytest.raises(TrustError):
        await house.ask("contacts.follow", peer=OLD.amid)


async def test_declining_turns_away_who_waits(house: House) -> None:
    await _superseded(house)
    house.pair.high.policy = Policy(consent="policy")
    await house.hear("it is me")
    told = await house.ask("contacts.decline", peer=OLD.amid)
    assert told == {"amid": OLD.amid, "successor": house.pair.low.amid}
    assert await house.pair.high.store.knocks(pending=True, limit=9) == []
    assert "declined" in str(await house.ask("health"))
    assert await house.pair.high.texts() == []


async def test_a_contact_that_named_nobody_has_no_successor(house: House) -> None:
    await house.ask("contacts.add", peer=OLD.amid)
    for name in ("contacts.follow", "contacts.decline"):
        with pytest.raises(TrustError) as caught:
            await house.ask(name, peer=OLD.amid)
        assert caught.value.code == "no_successor"


async def test_a_new_identity_is_confirmed_with_the_old_ones_name(house: House) -> None:
    own = house.pair.high.amid
    with pytest.raises(UsageError, match="nothing was changed"):
        await house.ask("rotate", confirm="yes")
    said = await house.ask("rotate", confirm=own)
    assert (said["amid"], said["published"]) == (own, True)
    assert house.caller.rooms.succeeding.done.is_set()
    with pytest.raises(UsageError) as caught:
        await house.ask("revoke", reason="other", confirm=own)
    assert caught.value.code == "succession_pending"


async def test_a_registry_that_is_away_delays_it(house: House) -> None:
    own = house.pair.high.amid
    watch = house.caller.rooms.watch
    watch.log._ask.__self__.is_down = True  # type: ignore[attr-defined]
    said = await house.ask("rotate", confirm=own)
    assert said["published"] is False
    assert "succession_pending" in str(await house.ask("health"))
    assert house.pair.high.amid == own


async def test_who_was_taken_back_names_nobody_any_more(house: House) -> None:
    own = house.pair.high.amid
    await house.ask("revoke", reason="key_compromise", confirm=own)
    with pytest.raises(UsageError) as caught:
        await house.ask("rotate", confirm=own)
    assert caught.value.code == "identity_revoked"
