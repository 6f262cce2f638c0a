"""Organisations: those that this agent acts for, and the one whose fleet it is in."""

from typing import Annotated, Literal

from msgspec import Meta

from agentmesh.control import answers
from agentmesh.control.calls.request import Line, Peer, Request, Word

Domain = Annotated[str, Meta(max_length=200)]
WithdrawReason = Literal[
    "key_compromise", "superseded", "cessation_of_operation", "privilege_withdrawn", "other"
]
FleetReason = Literal[
    "key_compromise", "cessation_of_operation", "privilege_withdrawn", "policy_violation", "other"
]


class OrgRegister(Request[answers.DomainChallenge], frozen=True, kw_only=True):
    """Claim a domain for the organisation that this agent acts for."""

    domain: Domain
    name: Word = ""


class OrgVerify(Request[answers.Organization], frozen=True, kw_only=True):
    """Have the domain's DNS looked at, and obtain the organisation's certificate."""

    domain: Domain


class OrgIssue(Request[answers.FleetAgent], frozen=True, kw_only=True):
    """Give an agent of the fleet a certificate; its owner has to take it.

    `renew`: issue it again by itself while a third of its time is left, until it is taken back.
    """

    domain: Domain = ""
    peer: Peer
    days: Annotated[int, Meta(ge=1, le=398)] = 365
    renew: bool = False


class OrgRevoke(Request[answers.Organization], frozen=True, kw_only=True):
    """Take back all that the organisation gave to an agent."""

    domain: Domain = ""
    peer: Peer
    reason: WithdrawReason


class OrgRevokeIdentity(Request[answers.Organization], frozen=True, kw_only=True):
    """Take back the identity of an agent of the fleet, for good. `confirm` repeats its AMID."""

    domain: Domain = ""
    peer: Peer
    reason: FleetReason
    confirm: Line
    note: Line = ""


class OrgShow(Request[answers.Organizations], frozen=True, kw_only=True):
    """List the organisations that this agent acts for, with their fleets."""


class OrgAccept(Request[answers.Certified], frozen=True, kw_only=True):
    """Take the certificate that an organisation has issued for this agent."""

    domain: Domain
