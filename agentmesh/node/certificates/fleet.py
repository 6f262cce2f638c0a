"""An organisation that we act for: its key, its certificate, and what it has issued.

Its key signs certificates and lists and nothing else; it never leaves this home but in a backup.
"""

import msgspec
from msgspec.structs import replace
from nacl.signing import SigningKey

from agentmesh.errors import RemoteProtocolError, UsageError
from agentmesh.protocol.bounded import Name, Note
from agentmesh.protocol.certificates import revocation_list
from agentmesh.protocol.certificates.contents import (
    DAY,
    LONGEST,
    Contents,
    Issuer,
    Validity,
    for_agent,
)
from agentmesh.protocol.certificates.form import Certificate, write
from agentmesh.protocol.certificates.names import key_id
from agentmesh.protocol.certificates.revocation_list import (
    Reason,
    RevocationList,
    RevokedOne,
)
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAX_REVOKED
from agentmesh.protocol.organization import OrganizationClaim
from agentmesh.protocol.revocation import FleetReason, Revocation, Voices, read_revocation
from agentmesh.protocol.signed import Purpose, Signed, sign

LIST_SECONDS = 7 * DAY


class Issued(msgspec.Struct, frozen=True, kw_only=True):
    """A certificate that an organisation gave to an agent. `serial` is in hex.

    `renews`: it is issued again by itself, for as many days. Not `offered`: the registry has not
    said that it has it.
    """

    amid: Amid
    serial: str
    issued_at: int
    expires_at: int
    revoked: Reason | None = None
    revoked_at: int = 0
    days: int = 0
    renews: bool = False
    offered: bool = True

    def is_old(self, now: int) -> bool:
        """Whether less than a third of its time is left."""
        return 3 * (self.expires_at - now) < self.expires_at - self.issued_at


class Why(msgspec.Struct, frozen=True):
    """Why an identity is taken back, and a note for the owners of its contacts."""

    reason: FleetReason
    note: Note = ""


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """An organisation: `seed` makes its key. `certificate` is there once its domain was proved."""

    domain: str
    name: Name
    seed: bytes
    certificate: bytes = b""
    expires_at: int = 0
    listed_at: int = 0
    number: int = 0
    issued: tuple[Issued, ...] = ()

    @property
    def key(self) -> SigningKey:
        """The organisation's key."""
        return SigningKey(self.seed)

    @property
    def public(self) -> bytes:
        """Its public key."""
        return bytes(self.key.verify_key)

    def claim(self, amid: Amid, milliseconds: int) -> Signed:
        """Return that this is the key of our domain, and that this agent acts for it."""
        said = OrganizationClaim(
            domain=self.domain, name=self.name, amid=amid, timestamp=milliseconds
        )
        return sign(said, Purpose.ORGANIZATION, self.key)

    def current(self, now: int) -> tuple[Issued, ...]:
        """Return what was issued and has not run out."""
        return tuple(it for it in self.issued if it.expires_at > now)

    def having(self, serial: str) -> "Fleet":
        """Return it with a certificate that the registry has."""
        issued = (replace(it, offered=it.offered or it.serial == serial) for it in self.issued)
        return replace(self, issued=tuple(issued))

    def ending(self, now: int) -> tuple[Issued, ...]:
        """Return the last certificate of each agent of the fleet, if little of its time is left."""
        newest = {it.amid: it for it in self.issued if it.offered}
        return tuple(it for it in newest.values() if it.revoked is None and it.is_old(now))

    def to_renew(self, now: int) -> tuple[Issued, ...]:
        """Return those of them that are issued again by themselves, and would run longer then.

        Where the registry did not answer it is tried again a day later.
        """
        tried = {it.amid for it in self.issued if not it.offered and it.issued_at > now - DAY}
        return tuple(
            it
            for it in self.ending(now)
            if it.renews and it.amid not in tried and self._until(it.days, now) > it.expires_at
        )

    def contents(self, signing_key: bytes, days: int, now: int, serial: int) -> Contents:
        """Return what is said of an agent; no longer than we ourselves are vouched for."""
        issuer, valid = Issuer(self.domain, self.public), Validity(now, self._until(days, now))
        return for_agent(signing_key, self.domain, issuer, valid, serial)

    def _until(self, days: int, now: int) -> int:
        return min(now + min(days * DAY, LONGEST["agent"]), self.expires_at)

    def written(self, contents: Contents) -> bytes:
        """Return the certificate that says this."""
        return write(contents, self._sign)

    def revocation(self, said: Revocation, authority: Certificate) -> Signed:
        """Return that an agent of our fleet counts no more; `UsageError` if it is not of it."""
        signed = sign(said, Purpose.REVOCATION, self.key)
        try:
            read_revocation(signed, Voices(authority=authority))
        except RemoteProtocolError:
            raise UsageError(
                "not_of_fleet",
                f"{said.amid} bears no certificate of {self.domain}.",
                f"Who is of the fleet: agentmesh org show; what {said.amid} bears: "
                f"agentmesh verify {said.amid}",
            ) from None
        return signed

    def revoking(self, peer: Amid, reason: Reason, now: int) -> "Fleet":
        """Return it without an agent. Again, as long as nobody has seen the list that says so."""
        theirs = [it for it in self.issued if it.amid == peer]
        if all(it.revoked and self.listed_at for it in theirs):
            raise UsageError(
                "certificate_not_found",
                f"{self.domain} has given no certificate to {peer}.",
                "Who has one: agentmesh org show",
            )
        return self.without(peer, reason, now)

    def without(self, peer: Amid, reason: Reason, now: int) -> "Fleet":
        """Return it with all taken back that an agent still had; it may have had nothing."""
        gone = [it for it in self.issued if it.amid == peer and it.revoked is None]
        changed = (
            replace(it, revoked=reason, revoked_at=now) if it in gone else it for it in self.issued
        )
        return replace(self, issued=tuple(changed))

    def listed(self, now: int) -> tuple["Fleet", bytes]:
        """Return it with the next number, and its list of revoked ones under that number."""
        issued = self.current(now)
        revoked = [
            RevokedOne(int(it.serial, 16), it.revoked_at, it.revoked) for it in issued if it.revoked
        ]
        if len(revoked) > MAX_REVOKED:
            hint = "Some have to run out first; or revoke them one by one at the registry."
            raise UsageError("revocation_list_full", f"The list has {MAX_REVOKED} entries.", hint)
        said = RevocationList(
            issuer=self.domain,
            issuer_id=key_id(self.public),
            number=max(self.number + 1, now),
            this_update=now,
            next_update=now + LIST_SECONDS,
            revoked=tuple(sorted(revoked)),
        )
        signed = revocation_list.write(said, self._sign)
        return replace(self, issued=issued, number=said.number), signed

    def _sign(self, data: bytes) -> bytes:
        return self.key.sign(data).signature
