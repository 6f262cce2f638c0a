"""What an organisation says, by its key."""

import msgspec
import pytest

from agentmesh.errors import UsageError
from agentmesh.node.certificates.fleet import LIST_SECONDS, Fleet, Issued
from agentmesh.protocol.certificates import revocation_list
from agentmesh.protocol.certificates.contents import DAY, Issuer
from agentmesh.protocol.certificates.form import read
from agentmesh.protocol.ids import Amid, amid_of
from agentmesh.protocol.organization import read_claim
from tests.support.vouching import ALICE, NOW

AMID = amid_of(bytes(ALICE.verify_key))
FLEET = Fleet(domain="acme.example", name="Acme", seed=b"s" * 32, expires_at=NOW + 100 * DAY)


def given(amid: Amid = AMID, serial: int = 7, days: int = 90) -> Issued:
    return Issued(amid=amid, serial=f"{serial:x}", issued_at=NOW, expires_at=NOW + days * DAY)


def test_it_survives_being_kept() -> None:
    fleet = msgspec.structs.replace(FLEET, issued=(given(),))
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(fleet), type=Fleet) == fleet


def test_its_claim_is_by_its_key() -> None:
    signed = FLEET.claim(AMID, 1)
    assert signed.signer == FLEET.public
    assert read_claim(signed).domain == "acme.example"


def test_a_certificate_lasts_no_longer_than_its_own() -> None:
    short = FLEET.contents(bytes(ALICE.verify_key), 10, NOW, 7)
    assert short.not_after == NOW + 10 * DAY
    long = FLEET.contents(bytes(ALICE.verify_key), 365, NOW, 7)
    assert long.not_after == FLEET.expires_at
    assert read(FLEET.written(long)).is_signed_by(FLEET.public)


def test_its_list_has_those_it_took_back_under_a_rising_number() -> None:
    fleet = msgspec.structs.replace(FLEET, issued=(given(), given(Amid("bob"), 8)))
    gone, signed = fleet.revoking(AMID, "key_compromise", NOW).listed(NOW)
    issuer = Issuer(FLEET.domain, FLEET.public)
    said = revocation_list.read(signed, issuer, NOW)
    assert [(one.serial, one.reason) for one in said.revoked] == [(7, "key_compromise")]
    assert said.next_update == NOW + LIST_SECONDS
    _, again = gone.listed(NOW)
    assert revocation_list.read(again, issuer, NOW).number == said.number + 1


def test_what_has_run_out_is_not_listed() -> None:
    fleet = msgspec.structs.replace(FLEET, issued=(given(days=1),))
    gone, _ = fleet.revoking(AMID, "other", NOW).listed(NOW + 2 * DAY)
    assert gone.issued == ()


def test_what_was_not_given_is_not_taken_back() -> None:
    with pytest.raises(UsageError, match="no certificate"):
        FLEET.revoking(AMID, "other", NOW)
    once = msgspec.structs.replace(FLEET, issued=(given(),)).revoking(AMID, "other", NOW)
    assert once.revoking(AMID, "superseded", NOW + 1) == once, "its list was not published yet"
    with pytest.raises(UsageError):
        msgspec.structs.replace(once, listed_at=NOW).revoking(AMID, "other", NOW)


def renewed(**changes: object) -> Issued:
    """Return a certificate for 60 days that is issued again by itself."""
    return msgspec.structs.replace(given(days=60), days=60, renews=True, **changes)


def owing(now: int, *issued: Issued, until: int = NOW + 300 * DAY) -> list[str]:
    fleet = msgspec.structs.replace(FLEET, expires_at=until, issued=issued)
    return [it.serial for it in fleet.to_renew(now)]


def test_it_is_issued_again_when_a_third_of_its_time_is_left() -> None:
    assert owing(NOW + 40 * DAY, renewed()) == []
    assert owing(NOW + 40 * DAY + 1, renewed()) == ["7"]
    assert owing(NOW + 61 * DAY, renewed()) == ["7"]


def test_it_is_issued_again_only_where_the_owner_allowed_it_and_it_was_not_taken_back() -> None:
    assert owing(NOW + 50 * DAY, given(days=60)) == []
    assert owing(NOW + 50 * DAY, renewed(revoked="other")) == []
    assert owing(NOW + 50 * DAY, renewed(), renewed(serial="8", revoked="other")) == []


def test_what_was_issued_again_is_not_issued_once_more() -> None:
    newer = renewed(serial="8", issued_at=NOW + 45 * DAY, expires_at=NOW + 105 * DAY)
    assert owing(NOW + 50 * DAY, renewed(), newer) == []


def test_what_the_registry_did_not_get_is_tried_again_a_day_later() -> None:
    lost = renewed(serial="8", issued_at=NOW + 45 * DAY, expires_at=NOW + 105 * DAY, offered=False)
    assert owing(NOW + 46 * DAY - 1, renewed(), lost) == []
    assert owing(NOW + 46 * DAY, renewed(), lost) == ["7"]
    fleet = msgspec.structs.replace(FLEET, issued=(renewed(), lost)).having("8")
    assert [it.offered for it in fleet.issued] == [True, True]


def test_it_is_not_issued_for_no_longer_than_it_lasts_anyway() -> None:
    assert owing(NOW + 50 * DAY, renewed(), until=NOW + 60 * DAY) == []
