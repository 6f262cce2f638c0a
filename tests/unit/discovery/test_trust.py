"""Whom an authority vouches for: checked by ourselves, and never by yesterday's lists."""

import pytest

from agentmesh.discovery.trust import Trust
from agentmesh.errors import Refused, RemoteProtocolError, TransportError
from agentmesh.protocol.certificates.form import write
from agentmesh.protocol.ids import amid_of
from tests.support.fake_authority import FakeAuthority, Shelf
from tests.support.vouching import (
    ACME,
    ALICE,
    BOB,
    NOW,
    RIVAL,
    ROOT,
    alone,
    authority,
    fleet,
    of_acme,
    of_alice,
    of_root,
)
from tests.support.world import FakeClock

AMID, BOBS = amid_of(bytes(ALICE.verify_key)), amid_of(bytes(BOB.verify_key))


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOW)


@pytest.fixture
def registry() -> FakeAuthority:
    return FakeAuthority()


async def test_a_chain_that_holds_says_who_vouches(
    registry: FakeAuthority, clock: FakeClock
) -> None:
    trust = registry.trust(clock)
    judged = await trust.judge(fleet(), AMID)
    assert judged is not None
    assert (judged.fact, judged.tier, judged.organization) == ("valid", 1.5, ACME.name)
    person = await trust.judge(alone(), BOBS)
    assert person is not None
    assert (person.fact, person.tier, person.organization) == ("valid", 1, "")


async def test_somebody_elses_chain_is_worth_nothing(
    registry: FakeAuthority, clock: FakeClock
) -> None:
    judged = await registry.trust(clock).judge(fleet(), BOBS)
    assert judged is not None
    assert (judged.fact, judged.tier) == ("invalid", 2)


async def test_where_there_is_no_authority_nothing_is_judged(clock: FakeClock) -> None:
    assert await FakeAuthority(is_absent=True).trust(clock).judge(fleet(), AMID) is None


async def test_lists_are_asked_for_once_an_hour(registry: FakeAuthority, clock: FakeClock) -> None:
    trust = registry.trust(clock)
    for _ in range(3):
        await trust.judge(fleet(), AMID)
    assert len(registry.asked) == 3  # the authority, its list, Acme's list
    clock.advance(3600)
    registry.revoke(at=int(clock.now()), number=2)
    registry.revoke(at=int(clock.now()), number=2, by="")
    await trust.judge(fleet(), AMID)
    assert len(registry.asked) == 5


async def test_a_revocation_counts_as_soon_as_it_is_told(
    registry: FakeAuthority, clock: FakeClock
) -> None:
    trust = registry.trust(clock)
    await trust.judge(fleet(), AMID)
    registry.revoke(of_alice().serial)
    assert (await trust.judge(fleet(), AMID)).fact == "valid"
    trust.forget_lists()
    assert (await trust.judge(fleet(), AMID)).fact == "revoked"


async def test_what_cannot_be_asked_does_not_hold(
    registry: FakeAuthority, clock: FakeClock
) -> None:
    trust = registry.trust(clock)
    await trust.judge(fleet(), AMID)
    registry.fails_with = TransportError("registry_unreachable")
    assert (await trust.judge(fleet(), AMID)).fact == "valid", "for an hour, what was known serves"
    clock.advance(3600)
    assert (await trust.judge(fleet(), AMID)).fact == "unchecked"
    registry.fails_with = None
    registry.revoke(at=int(clock.now()))
    registry.revoke(at=int(clock.now()), by="")
    assert (await trust.judge(fleet(), AMID)).fact == "valid"
    trust.forget_lists()
    registry.fails_with = TransportError("registry_unreachable")
    assert (await trust.judge(fleet(), AMID)).fact == "unchecked"


async def test_a_list_is_never_rolled_back(registry: FakeAuthority, clock: FakeClock) -> None:
    trust = registry.trust(clock)
    registry.revoke(of_alice().serial, number=5)
    assert (await trust.judge(fleet(), AMID)).fact == "revoked"
    registry.revoke(number=4)
    trust.forget_lists()
    for _ in range(2):
        with pytest.raises(RemoteProtocolError, match="older list"):
            await trust.read(fleet(), AMID)
    assert (await trust.judge(fleet(), AMID)).fact == "unchecked"
    registry.revoke(number=6)
    assert (await trust.judge(fleet(), AMID)).fact == "valid"


@pytest.mark.parametrize("wrong", [RIVAL.revokes(), ROOT.revokes(), b"", b"list"])
async def test_somebody_elses_list_is_no_list(
    registry: FakeAuthority, clock: FakeClock, wrong: bytes
) -> None:
    registry.lists[ACME.name] = wrong
    assert (await registry.trust(clock).judge(fleet(), AMID)).fact != "valid"


async def test_the_first_authority_is_the_only_one(
    registry: FakeAuthority, clock: FakeClock
) -> None:
    trust = registry.trust(clock)
    await trust.judge(fleet(), AMID)
    other = authority("another")
    registry.root = write(of_root(name=other.name, issuer=other.name, key=other.public), other.sign)
    theirs = [
        write(of_alice(), ACME.sign),
        write(of_acme(issuer=other.name), other.sign),
    ]
    assert (await trust.judge(theirs, AMID)).fact == "invalid"
    assert (await trust.judge(fleet(), AMID)).fact == "valid"
    with pytest.raises(Refused):
        await FakeAuthority(is_absent=True).trust(clock).read(fleet(), AMID)


async def test_the_owner_may_take_another_authority(
    registry: FakeAuthority, clock: FakeClock
) -> None:
    trust = registry.trust(clock)
    assert await trust.authority() is not None
    registry.is_absent = True
    await trust.accept_anew()
    assert await trust.authority() is None


ID = ROOT.name.removeprefix("agentmesh authority ")
MALLORYS = "0" * 40


async def test_an_authority_that_the_owner_named_counts(
    registry: FakeAuthority, clock: FakeClock
) -> None:
    trust = registry.trust(clock, frozenset({MALLORYS, ID}))
    judged = await trust.judge(fleet(), AMID)
    assert judged is not None
    assert (judged.fact, trust.refused) == ("valid", "")


async def test_an_authority_that_the_owner_did_not_name_counts_for_nothing(
    registry: FakeAuthority, clock: FakeClock
) -> None:
    trust = registry.trust(clock, frozenset({MALLORYS}))
    judged = await trust.judge(fleet(), AMID)
    assert judged is not None
    assert (judged.fact, judged.tier, trust.refused) == ("invalid", 2, ID)
    with pytest.raises(RemoteProtocolError) as caught:
        await trust.authority()
    assert caught.value.code == "authority_untrusted"


async def test_a_registry_does_not_get_around_it_by_showing_none(
    registry: FakeAuthority, clock: FakeClock
) -> None:
    registry.is_absent = True
    trust = registry.trust(clock, frozenset({ID}))
    judged = await trust.judge(fleet(), AMID)
    assert judged is not None
    assert (judged.fact, trust.refused) == ("invalid", "none")
    registry.is_absent = False
    assert await trust.authority() is not None
    assert trust.refused == ""


async def test_what_was_pinned_before_is_dropped_if_the_owner_names_others(
    registry: FakeAuthority, clock: FakeClock
) -> None:
    shelf = Shelf()
    assert await Trust(registry.ask, clock, shelf).authority() is not None
    later = Trust(registry.ask, clock, shelf, frozenset({MALLORYS}))
    with pytest.raises(RemoteProtocolError):
        await later.authority()
    assert await Trust(registry.ask, clock, shelf, frozenset({ID})).authority() is not None
