"""An authority, organisations and agents, with the certificates that they have of each other."""

from dataclasses import dataclass

import msgspec
from nacl.signing import SigningKey

from agentmesh.protocol.certificates import revocation_list
from agentmesh.protocol.certificates.chain import read_authority
from agentmesh.protocol.certificates.contents import (
    DAY,
    Contents,
    Issuer,
    Validity,
    for_agent,
    for_authority,
    for_organization,
    new_serial,
)
from agentmesh.protocol.certificates.form import Certificate, Sign, write
from agentmesh.protocol.certificates.names import NOBODYS_DOMAIN, authority_name, key_id
from agentmesh.protocol.certificates.revocation_list import RevocationList, RevokedOne
from tests.support.world import FakeEntropy

NOW = 1_800_000_000
LONG = Validity(NOW - DAY, NOW + 90 * DAY)


@dataclass(frozen=True)
class Signatory:
    """Somebody with a key and a name."""

    key: SigningKey
    name: str

    @property
    def public(self) -> bytes:
        return bytes(self.key.verify_key)

    @property
    def issuer(self) -> Issuer:
        return Issuer(self.name, self.public)

    def sign(self, data: bytes) -> bytes:
        return self.key.sign(data).signature

    def revokes(self, *serials: int, number: int = 1, **changes: object) -> bytes:
        """Return its list of revoked ones."""
        plain = RevocationList(
            issuer=self.name,
            issuer_id=key_id(self.public),
            number=number,
            this_update=NOW - 60,
            next_update=NOW + 3600,
            revoked=tuple(RevokedOne(serial, NOW - 60) for serial in sorted(serials)),
        )
        return revocation_list.write(msgspec.structs.replace(plain, **changes), self.sign)

    def list_of(self, *serials: int, **changes: object) -> RevocationList:
        """Return the same, as a reader has it."""
        return revocation_list.read(self.revokes(*serials, **changes), self.issuer, NOW)


def key_of(seed: str) -> SigningKey:
    return SigningKey(FakeEntropy(seed)(32))


def authority(seed: str = "authority") -> Signatory:
    key = key_of(seed)
    return Signatory(key, authority_name(bytes(key.verify_key)))


def organization(domain: str = "acme.example") -> Signatory:
    return Signatory(key_of(domain), domain)


def serial(seed: str) -> int:
    return new_serial(FakeEntropy(f"serial of {seed}"))


ROOT, ACME, RIVAL = authority(), organization(), organization("rival.example")
ALICE, BOB = key_of("alice"), key_of("bob")


def of_root(**changes: object) -> Contents:
    plain = for_authority(ROOT.public, Validity(NOW - DAY, NOW + 3650 * DAY), serial("root"))
    return msgspec.structs.replace(plain, **changes)


def of_acme(**changes: object) -> Contents:
    plain = for_organization(ACME.name, ACME.public, ROOT.issuer, LONG, serial("acme"))
    return msgspec.structs.replace(plain, **changes)


def of_alice(**changes: object) -> Contents:
    """Return what Acme says of Alice."""
    key = bytes(ALICE.verify_key)
    plain = for_agent(key, ACME.name, ACME.issuer, LONG, serial("alice"))
    return msgspec.structs.replace(plain, **changes)


def of_bob(**changes: object) -> Contents:
    """Return what the authority says of Bob."""
    key = bytes(BOB.verify_key)
    plain = for_agent(key, NOBODYS_DOMAIN, ROOT.issuer, LONG, serial("bob"))
    return msgspec.structs.replace(plain, **changes)


def trusted() -> Certificate:
    """Return the authority as somebody has it who trusts it."""
    return read_authority(write(of_root(), ROOT.sign))


def written(contents: Contents, sign: Sign) -> bytes:
    return write(contents, sign)


def fleet() -> list[bytes]:
    """Return the chain of Alice, who works for Acme."""
    return [write(of_alice(), ACME.sign), write(of_acme(), ROOT.sign)]


def fleet_of(key: bytes) -> list[bytes]:
    """Return the chain of somebody else who works for Acme."""
    said = for_agent(key, ACME.name, ACME.issuer, LONG, serial("somebody"))
    return [write(said, ACME.sign), write(of_acme(), ROOT.sign)]


def alone() -> list[bytes]:
    """Return the chain of Bob, who has no organisation."""
    return [write(of_bob(), ROOT.sign)]


def lists(*revoked: int) -> dict[bytes, RevocationList]:
    """Return lists of this hour, each with these serial numbers."""
    return {key_id(one.public): one.list_of(*revoked) for one in (ROOT, ACME)}
