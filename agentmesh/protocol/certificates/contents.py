"""What certificates say: from these values alone their bytes follow, and nothing else is in them.

Times are seconds since 1970. Serial numbers are drawn: 158 bits, so they are unique whoever draws.
"""

from typing import Annotated, Literal

import msgspec

from agentmesh.protocol.bounded import Key32
from agentmesh.protocol.certificates.names import (
    KEY_ID_BYTES,
    NOBODYS_DOMAIN,
    agent_name,
    authority_name,
    key_id,
)
from agentmesh.protocol.ids import Amid, amid_of
from agentmesh.protocol.world import Entropy

Kind = Literal["authority", "organization", "agent", "session"]

DAY = 86_400
LONGEST: dict[Kind, int] = {
    "authority": 20 * 366 * DAY,
    "organization": 398 * DAY,
    "agent": 398 * DAY,
    "session": DAY,
}
"""How long each kind is valid at most."""

SERIAL_BITS = 159
BINDING_BYTES = 32

KeyId = Annotated[bytes, msgspec.Meta(min_length=KEY_ID_BYTES, max_length=KEY_ID_BYTES)]


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """All that a certificate says.

    `name`: a domain, an AMID, a session's id, or the authority's name. `domain`: for an agent, the
    organisation's. `binding`: for a session, the hash of what it belongs to.
    """

    kind: Kind
    serial: int
    name: str
    key: Key32
    issuer: str
    issuer_id: KeyId
    not_before: int
    not_after: int
    domain: str = ""
    binding: bytes = b""

    @property
    def organization(self) -> str:
        """The organisation that speaks for the agent; "" if none does."""
        return "" if self.domain == NOBODYS_DOMAIN else self.domain

    @property
    def dns_name(self) -> str:
        """The agent's DNS name."""
        return agent_name(self.key, self.domain)


class Validity(msgspec.Struct, frozen=True):
    """From when until when."""

    not_before: int
    not_after: int


class Issuer(msgspec.Struct, frozen=True):
    """Who signs: its name and its public key."""

    name: str
    key: bytes


def new_serial(entropy: Entropy) -> int:
    """Draw a serial number; its first bit is set, so that all are as long."""
    drawn = int.from_bytes(entropy((SERIAL_BITS + 1) // 8), "big") >> 1
    return drawn | 1 << (SERIAL_BITS - 1)


def for_authority(key: bytes, valid: Validity, serial: int) -> Contents:
    """Return what an authority says of itself."""
    name = authority_name(key)
    return _contents("authority", Issuer(name, key), valid, serial, (name, key))


def for_organization(
    domain: str, key: bytes, issuer: Issuer, valid: Validity, serial: int
) -> Contents:
    """Return what an authority says of an organisation."""
    return _contents("organization", issuer, valid, serial, (domain, key))


def for_agent(key: bytes, domain: str, issuer: Issuer, valid: Validity, serial: int) -> Contents:
    """Return what an organisation, or the authority, says of an agent."""
    named = _contents("agent", issuer, valid, serial, (amid_of(key), key))
    return msgspec.structs.replace(named, domain=domain)


def amid_in(agent: Contents) -> Amid:
    """Return the AMID that an agent's certificate is for: it follows from the key."""
    return amid_of(agent.key)


def _contents(
    kind: Kind, issuer: Issuer, valid: Validity, serial: int, subject: tuple[str, bytes]
) -> Contents:
    name, key = subject
    return Contents(
        kind=kind,
        serial=serial,
        name=name,
        key=key,
        issuer=issuer.name,
        issuer_id=key_id(issuer.key),
        not_before=valid.not_before,
        not_after=valid.not_after,
    )
