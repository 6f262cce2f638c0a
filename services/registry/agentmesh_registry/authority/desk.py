"""What the authority does: it issues certificates, and signs its list of those it took back."""

import asyncio

import msgspec

from agentmesh.errors import Refused
from agentmesh.protocol.certificates import revocation_list
from agentmesh.protocol.certificates.chain import issuer_in, read_authority
from agentmesh.protocol.certificates.contents import (
    DAY,
    Contents,
    Issuer,
    Validity,
    for_agent,
    for_organization,
    new_serial,
)
from agentmesh.protocol.certificates.form import Certificate, read, write
from agentmesh.protocol.certificates.names import NOBODYS_DOMAIN, key_id
from agentmesh.protocol.certificates.revocation_list import RevocationList, RevokedOne
from agentmesh.protocol.world import Clock, Entropy
from agentmesh_registry.authority.key import AuthorityKey

AGENT_SECONDS = 90 * DAY
ORGANIZATION_SECONDS = 398 * DAY
LIST_SECONDS = 2 * 3600
LIST_AGE = 600
"""A list that nothing has changed on is signed anew after so many seconds."""


class Authority(msgspec.Struct, frozen=True):
    """An authority's certificate, and its key."""

    certificate: Certificate
    key: AuthorityKey


def authority_of(certificate: bytes, key: AuthorityKey) -> Authority:
    """Return the authority that this certificate and this key make."""
    found = read_authority(certificate)
    if found.contents.key != key.public:
        raise Refused("authority_differs", "The authority's certificate is for another key.")
    return Authority(found, key)


class AuthorityDesk:
    """The authority of one registry; without one it says so."""

    def __init__(self, authority: Authority | None, clock: Clock, entropy: Entropy) -> None:
        self._authority = authority
        self._clock = clock
        self._entropy = entropy
        self._list: tuple[tuple[RevokedOne, ...], int, bytes] | None = None

    def require(self) -> Authority:
        """Return the authority, or raise `no_authority`."""
        if self._authority is None:
            raise Refused(
                "no_authority",
                "This registry has no authority: it issues no certificates.",
                "Its operator makes one: agentmesh-registry create-authority",
            )
        return self._authority

    async def for_organization(self, domain: str, key: bytes) -> Certificate:
        """Issue a certificate to who speaks for a domain."""
        return await self._issue(
            for_organization(
                domain, key, self._issuer(), self._valid(ORGANIZATION_SECONDS), self._serial()
            )
        )

    async def for_person(self, key: bytes) -> Certificate:
        """Issue a certificate to an agent whose owner was proved."""
        valid = self._valid(AGENT_SECONDS)
        return await self._issue(
            for_agent(key, NOBODYS_DOMAIN, self._issuer(), valid, self._serial())
        )

    async def list_of(self, revoked: tuple[RevokedOne, ...]) -> bytes:
        """Return the list of revoked ones: signed now, or a few minutes ago if it is the same."""
        now = int(self._clock.now())
        kept = self._list
        if kept is not None and kept[0] == revoked and 0 <= now - kept[1] < LIST_AGE:
            return kept[2]
        at = self.require().certificate.contents
        said = RevocationList(
            issuer=at.name,
            issuer_id=key_id(at.key),
            number=now if kept is None else max(now, kept[1] + 1),
            this_update=now,
            next_update=now + LIST_SECONDS,
            revoked=revoked,
        )
        sign = self.require().key.sign
        signed = await asyncio.to_thread(revocation_list.write, said, sign)
        self._list = revoked, said.number, signed
        return signed

    async def _issue(self, contents: Contents) -> Certificate:
        # A key in hardware takes its time.
        return read(await asyncio.to_thread(write, contents, self.require().key.sign))

    def _issuer(self) -> Issuer:
        return issuer_in(self.require().certificate.contents)

    def _valid(self, seconds: int) -> Validity:
        now = int(self._clock.now())
        last = self.require().certificate.contents.not_after
        return Validity(now, min(now + seconds, last))

    def _serial(self) -> int:
        return new_serial(self._entropy)
