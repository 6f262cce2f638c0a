"""What comes in and what goes out about organisations and certificates, as JSON."""

from typing import Annotated

from msgspec import Meta

from agentmesh.protocol import limits
from agentmesh.protocol.transparency import Size
from agentmesh_registry.bodies import Asked, Said, Signed64

_LABEL = "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
Domain = Annotated[
    str,
    Meta(
        max_length=64,
        description="A domain in lower case, with xn-- for letters beyond a to z.",
        extra_json_schema={"pattern": rf"^({_LABEL}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?$"},
    ),
]
AnyDomain = Annotated[str, Meta(max_length=64, description="A domain, or nothing.")]
Certificate64 = Annotated[
    bytes, Meta(max_length=limits.MAX_CERTIFICATE, description="Base64 of a certificate (DER).")
]
List64 = Annotated[
    bytes,
    Meta(max_length=limits.MAX_REVOCATION_LIST, description="Base64 of a CRL (DER)."),
]


class ClaimDomain(Asked, frozen=True, kw_only=True):
    """Signed(OrganizationClaim), by the organisation's own key; the caller signs the request."""

    claim: Signed64


class OfDomain(Asked, frozen=True, kw_only=True):
    """Which domain."""

    domain: Domain


class Offer(Asked, frozen=True, kw_only=True):
    """A certificate for an agent of the fleet."""

    domain: Domain
    certificate: Certificate64


class PublishList(Asked, frozen=True, kw_only=True):
    """An organisation's list of revoked ones."""

    domain: Domain
    revoked: List64


class RevokeOfFleet(Asked, frozen=True, kw_only=True):
    """Take an agent's identity back, for good: Signed(Revocation) by its organisation's key."""

    domain: Domain
    revocation: Signed64
    log_size: Size = 0


class Obtain(Asked, frozen=True, kw_only=True):
    """Whose certificate the caller wants: an organisation's, or, with none, the authority's."""

    organization: AnyDomain = ""


class AuthorityView(Said, frozen=True, kw_only=True):
    """The authority's certificate, and its list of revoked ones, signed a few minutes ago."""

    certificate: bytes
    revoked: bytes


class Challenge(Said, frozen=True, kw_only=True):
    """What has to stand in the DNS as a TXT record, and for how long it may take."""

    domain: str
    record: str
    value: str
    expires_in_seconds: int


class OrganizationView(Said, frozen=True, kw_only=True):
    """Who speaks for a domain. `revoked` is its list; none before it has signed one."""

    domain: str
    name: str
    amid: str
    certificate: bytes
    revoked: bytes | None


class Chain(Said, frozen=True, kw_only=True):
    """An agent's certificate, and its organisation's if it has one."""

    certificates: tuple[bytes, ...]
    expires_at: str
