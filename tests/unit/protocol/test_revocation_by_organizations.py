"""Which agents an organisation may take back: those that it vouches for, and no others."""

import msgspec
import pytest
from nacl.signing import SigningKey

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.certificates.chain import read_authority
from agentmesh.protocol.certificates.contents import DAY, Contents, for_agent, for_organization
from agentmesh.protocol.certificates.form import write
from agentmesh.protocol.ids import amid_of
from agentmesh.protocol.revocation import Revocation, Succession, Voices, read_revocation
from agentmesh.protocol.signed import Purpose, Signed, sign
from tests.support.vouching import (
    ACME,
    ALICE,
    BOB,
    LONG,
    NOW,
    RIVAL,
    ROOT,
    alone,
    authority,
    fleet,
    fleet_of,
    of_acme,
    of_alice,
    of_root,
    serial,
    trusted,
)

VOICES = Voices(registry=b"l" * 32, authority=trusted())
KEY = bytes(ALICE.verify_key)
AMID = amid_of(KEY)
PLAIN = Revocation(
    amid=AMID,
    reason="policy_violation",
    issuer="organization",
    timestamp=NOW * 1000,
    certificates=tuple(fleet()),
)
MALLORY = authority("mallory")


def said(by: SigningKey = ACME.key, **changes: object) -> Signed:
    return sign(msgspec.structs.replace(PLAIN, **changes), Purpose.REVOCATION, by)


def rival() -> bytes:
    """Return the certificate of another organisation."""
    contents = for_organization(RIVAL.name, RIVAL.public, ROOT.issuer, LONG, serial("rival"))
    return write(contents, ROOT.sign)


def chain(agent: Contents, above: bytes, signer: object = ACME) -> tuple[bytes, ...]:
    return write(agent, signer.sign), above  # type: ignore[attr-defined]  # a Signatory


def test_an_organization_takes_back_its_agent() -> None:
    revoked = read_revocation(said(note="It sold what it heard."), VOICES)
    assert (revoked.revocation.amid, revoked.organization) == (AMID, ACME.name)
    assert revoked.successor is None


def test_it_counts_as_long_as_the_registry_shows_it() -> None:
    """What was so when it was signed does not end when a certificate does."""
    late = said(timestamp=(LONG.not_after - 1) * 1000)
    assert read_revocation(late, VOICES).organization == ACME.name


ACMES = fleet()[1]
OLD = {"not_before": NOW - 9 * DAY, "not_after": NOW - DAY}
ALICES_BY_RIVAL = for_agent(KEY, RIVAL.name, RIVAL.issuer, LONG, serial("hers"))
PLACE = sign(Succession(predecessor=AMID, successor=AMID, timestamp=1), Purpose.SUCCESSION, BOB)

FORGED: dict[str, Signed] = {
    "by the agent itself": said(ALICE),
    "by another agent of the fleet": said(BOB),
    "by the authority": said(ROOT.key),
    "by another organisation": said(RIVAL.key),
    "by another organisation with its own certificate": said(
        RIVAL.key, certificates=(fleet()[0], rival())
    ),
    "by another organisation that names the first one's domain": said(
        RIVAL.key, certificates=chain(of_alice(issuer_id=b"r" * 20), rival(), RIVAL)
    ),
    "by another organisation for an agent under its constraint's edge": said(
        RIVAL.key, certificates=chain(of_alice(issuer=RIVAL.name), rival(), RIVAL)
    ),
    "for a department of the domain": said(
        certificates=chain(of_alice(domain="sales." + ACME.name), ACMES)
    ),
    "of an agent that was never certified": said(certificates=()),
    "of an agent by the certificate of another": said(
        certificates=tuple(fleet_of(bytes(BOB.verify_key)))
    ),
    "of another agent than the certificate says": said(amid=amid_of(bytes(BOB.verify_key))),
    "of a person whom the authority vouches for": said(
        ROOT.key, amid=amid_of(bytes(BOB.verify_key)), certificates=tuple(alone())
    ),
    "by the old one's key after the agent went to another": said(
        certificates=chain(ALICES_BY_RIVAL, rival(), RIVAL)
    ),
    "with a certificate that nobody signed": said(certificates=chain(of_alice(), ACMES, MALLORY)),
    "with an organisation of its own making": said(
        certificates=(fleet()[0], write(of_acme(), ACME.sign))
    ),
    "with an organisation of another authority": said(
        certificates=(fleet()[0], write(of_acme(), MALLORY.sign))
    ),
    "with an agent's certificate that has run out": said(
        certificates=chain(of_alice(**OLD), ACMES)
    ),
    "with an organisation's certificate that has run out": said(
        certificates=(fleet()[0], write(of_acme(**OLD), ROOT.sign))
    ),
    "signed after the certificate has run out": said(timestamp=LONG.not_after * 1000),
    "signed before there was a certificate": said(timestamp=(LONG.not_before - DAY) * 1000),
    "with the chain the wrong way round": said(certificates=tuple(reversed(fleet()))),
    "with the agent's certificate alone": said(certificates=(fleet()[0],)),
    "with one certificate too many": said(certificates=(*fleet(), write(of_root(), ROOT.sign))),
    "for a reason that only the key has": said(reason="superseded"),
    "with a successor": said(successor=PLACE),
    "in the role of the key": said(issuer="key"),
    "in the role of the registry": said(issuer="registry"),
    "by the key, with certificates": said(ALICE, issuer="key"),
    "signed for another purpose": sign(PLAIN, Purpose.ORGANIZATION, ACME.key),
    "changed after it was signed": msgspec.structs.replace(said(), payload=said().payload + b"\0"),
}


def test_there_are_as_many_forgeries_as_promised() -> None:
    print(f"forged revocations by organisations that no reader takes: {len(FORGED)}")
    assert len(FORGED) >= 12


@pytest.mark.parametrize("name", FORGED)
def test_nobody_takes_back_an_agent_that_is_not_theirs(name: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        read_revocation(FORGED[name], VOICES)
    assert caught.value.code == "revocation_invalid"


def test_without_an_authority_no_organization_counts() -> None:
    other = read_authority(
        write(
            of_root(key=MALLORY.public, name=MALLORY.name, issuer=MALLORY.name, issuer_id=b""),
            MALLORY.sign,
        )
    )
    for voices in (Voices(), Voices(authority=other)):
        with pytest.raises(RemoteProtocolError):
            read_revocation(said(), voices)
