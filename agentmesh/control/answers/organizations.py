"""Answers about organisations and certificates."""

from msgspec import field

from agentmesh.control.answers.answer import Answer


class DomainChallenge(Answer, frozen=True, kw_only=True):
    """The TXT record that the domain's DNS has to have, and how long it may take."""

    domain: str
    record: str
    value: str
    expires_in_seconds: int


class FleetAgent(Answer, frozen=True, kw_only=True):
    """An agent of a fleet. `revoked`: why it is none any more. `renewed`: by itself."""

    amid: str
    serial: str
    issued_at: str
    expires_at: str
    revoked: str = ""
    renewed: bool = False


class Organization(Answer, frozen=True, kw_only=True):
    """An organisation that this agent acts for. Not `proved`: its domain's DNS was not seen yet."""

    domain: str
    name: str
    proved: bool
    expires_at: str = ""
    agents: list[FleetAgent] = field(default_factory=list)


class Organizations(Answer, frozen=True, kw_only=True):
    """The organisations, by domain."""

    organizations: list[Organization]


class Certified(Answer, frozen=True, kw_only=True):
    """The certificate that this agent bears. Without an `organization` it is its owner's."""

    amid: str
    tier: int | float
    organization: str
    expires_at: str


class VouchedFor(Answer, frozen=True, kw_only=True):
    """Who vouches for a peer, as far as this daemon checked it itself.

    `certificate`: valid, invalid, expired, revoked, unchecked (what revokes cannot be had now), or
    none. Without one, tier and organisation are the registry's word, if it has no authority.
    """

    tier: int | float
    organization: str
    certificate: str
    expires_at: str = ""
