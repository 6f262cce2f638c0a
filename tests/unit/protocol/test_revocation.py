"""Who may take an identity back, and who may take its place."""

import msgspec
import pytest
from nacl.signing import SigningKey

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.revocation import Revocation, Succession, Voices, read_revocation
from agentmesh.protocol.signed import Purpose, Signed, sign
from tests.support.registrant import Registrant

ALICE, NEW, BOB = Registrant("alice"), Registrant("alice again"), Registrant("bob")
REGISTRY = SigningKey(b"l" * 32)
REGISTRY_KEY = bytes(REGISTRY.verify_key)


def revocation(by: SigningKey = ALICE.key, **changes: object) -> Signed:
    plain = Revocation(amid=ALICE.amid, reason="other", issuer="key", timestamp=1)
    return sign(msgspec.structs.replace(plain, **changes), Purpose.REVOCATION, by)


def place(by: SigningKey = NEW.key, **changes: object) -> Signed:
    plain = Succession(predecessor=ALICE.amid, successor=NEW.amid, timestamp=1)
    return sign(msgspec.structs.replace(plain, **changes), Purpose.SUCCESSION, by)


def succeeded(by: Signed, **changes: object) -> Signed:
    return revocation(**{"reason": "superseded", "successor": by, **changes})


def test_a_key_takes_its_identity_back() -> None:
    revoked = read_revocation(ALICE.revocation("cessation_of_operation"))
    assert revoked.revocation.amid == ALICE.amid
    assert revoked.revocation.reason == "cessation_of_operation"
    assert revoked.successor is None


def test_a_successor_has_agreed() -> None:
    assert read_revocation(ALICE.revocation("superseded", NEW)).successor == NEW.amid


def test_a_registry_takes_back_what_it_lists() -> None:
    signed = revocation(REGISTRY, issuer="registry", reason="policy_violation")
    assert read_revocation(signed, Voices(REGISTRY_KEY)).revocation.issuer == "registry"
    with pytest.raises(RemoteProtocolError):
        read_revocation(signed)


REFUSED: dict[str, Signed] = {
    "by_another_agent": revocation(BOB.key),
    "by_the_registry_as_the_key": revocation(REGISTRY),
    "by_the_key_as_the_registry": revocation(issuer="registry"),
    "by_an_organization": revocation(BOB.key, issuer="organization"),
    "by_nobody_known": revocation(issuer="friend"),
    "for_no_reason": revocation(reason="mood"),
    "of_no_agent": revocation(amid="0"),
    "for_another_purpose": sign(
        Revocation(amid=ALICE.amid, reason="other", issuer="key", timestamp=1),
        Purpose.RECORD,
        ALICE.key,
    ),
    "a_successor_that_did_not_agree": succeeded(place(ALICE.key)),
    "a_successor_of_somebody_else": succeeded(place(predecessor=BOB.amid)),
    "a_successor_under_another_name": succeeded(place(successor=BOB.amid)),
    "a_successor_for_another_reason": succeeded(place(), reason="key_compromise"),
    "a_successor_by_the_registry": revocation(
        REGISTRY, issuer="registry", reason="superseded", successor=place()
    ),
    "itself_as_successor": succeeded(place(ALICE.key, successor=ALICE.amid)),
}


@pytest.mark.parametrize("name", REFUSED)
def test_nobody_else_does(name: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        read_revocation(REFUSED[name], Voices(REGISTRY_KEY))
    assert caught.value.code == "revocation_invalid"
