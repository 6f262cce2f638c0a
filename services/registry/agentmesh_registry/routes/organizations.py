"""Organisations: a domain is claimed, proved by its DNS, and then speaks for its fleet."""

import base64

import msgspec

from agentmesh.errors import NotPermitted, Refused, RemoteProtocolError
from agentmesh.protocol.certificates import revocation_list
from agentmesh.protocol.certificates.chain import check_time, issuer_in, read_chain
from agentmesh.protocol.certificates.form import Certificate, read
from agentmesh.protocol.certificates.names import parse_domain
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import SIGNATURE_MAX_AGE, SIGNATURE_MAX_AHEAD
from agentmesh.protocol.organization import OrganizationClaim, read_claim
from agentmesh.protocol.revocation import Voices
from agentmesh.protocol.signed import Signed
from agentmesh_registry.auth import authenticate
from agentmesh_registry.authority.domain import PREFIX, SAYS
from agentmesh_registry.certificate_bodies import (
    Challenge,
    ClaimDomain,
    OfDomain,
    Offer,
    OrganizationView,
    PublishList,
    RevokeOfFleet,
)
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.rates import household
from agentmesh_registry.routes.agents import find
from agentmesh_registry.routes.revoking import answer_to, read_signed
from agentmesh_registry.storage.certificates import Bearing, serial_text
from agentmesh_registry.storage.organizations import Claim, Organization


async def org_register(desk: Desk, call: Call, asked: ClaimDomain) -> Reply:
    """Claim a domain; answers what its DNS has to say within a day."""
    desk.gates.registrations.check(household(call.address))
    caller = await authenticate(desk, call)
    desk.authority.require()
    said, key = _claim(asked.claim, caller, desk.now())
    token = base64.urlsafe_b64encode(desk.owners.entropy(32)).rstrip(b"=").decode()
    claim = Claim(domain=said.domain, amid=caller, name=said.name, key=key)
    kept = await desk.organizations.claim(claim, token, desk.now())
    if kept is None:
        raise Refused("too_many_claims", "This agent claims too many domains already.")
    return Reply(
        body=Challenge(
            domain=kept.domain,
            record=PREFIX + kept.domain,
            value=SAYS + kept.token,
            expires_in_seconds=max(0, (kept.token_until - desk.now()) // 1000),
        )
    )


async def org_verify(desk: Desk, call: Call, asked: OfDomain) -> Reply:
    """Look at the domain's DNS; if it says what it has to, issue the organisation's certificate."""
    desk.gates.registrations.check(household(call.address))
    claim = await _claimed(desk, await authenticate(desk, call), asked.domain)
    if claim.token_until <= desk.now():
        raise Refused(
            "claim_over",
            "The time to prove this claim is over, or it was proved already.",
            f"Begin again: agentmesh org register {claim.domain}",
        )
    await desk.domains.check(claim.domain, claim.token)
    made = await desk.authority.for_organization(claim.domain, claim.key)
    await desk.organizations.prove(claim, made, desk.now())
    return await _view(desk, claim.domain)


async def org_agents(desk: Desk, call: Call, asked: Offer) -> Reply:
    """Offer an agent of the fleet the certificate that its organisation issued."""
    caller = await authenticate(desk, call)
    claim, above = await _proved(desk, caller, asked.domain)
    vouched = read_chain((asked.certificate, above.data), desk.authority.require().certificate)
    check_time(vouched.not_before, vouched.not_after, desk.clock.now())
    await find(desk, vouched.amid)
    if not await desk.certificates.offer(read(asked.certificate), claim.domain, desk.now()):
        raise Refused("certificate_exists", "There is a certificate of that number already.")
    return await _view(desk, claim.domain)


async def org_revoked(desk: Desk, call: Call, asked: PublishList) -> Reply:
    """Publish an organisation's list of revoked ones: what is on it counts no more."""
    caller = await authenticate(desk, call)
    claim, above = await _proved(desk, caller, asked.domain)
    said = revocation_list.read(asked.revoked, issuer_in(above.contents), desk.clock.now())
    if await desk.organizations.publish(claim, said, asked.revoked, desk.now()) == "older":
        raise Refused("list_older", "A newer list is here already.", "Number it higher.")
    return await _view(desk, claim.domain)


async def org_revoke_identity(desk: Desk, call: Call, asked: RevokeOfFleet) -> Reply:
    """Take back the identity of an agent of the fleet, for good.

    It has to bear a certificate of this organisation when the registry takes the revocation.
    """
    caller = await authenticate(desk, call)
    claim, above = await _proved(desk, caller, asked.domain)
    signed, revoked = read_signed(
        asked.revocation, Voices(authority=desk.authority.require().certificate)
    )
    said, by = revoked.revocation, revoked.by
    if by is None or by.organization != claim.domain or said.certificates[1] != above.data:
        raise NotPermitted("not_permitted", f"That revocation is not by {claim.domain}.")
    _check_of_now(said.timestamp, desk.now())
    bearing = Bearing(claim.domain, caller, serial_text(by), serial_text(above.contents))
    outcome = await desk.revocations.put_of_fleet(said.amid, signed, desk.now(), bearing)
    return await answer_to(desk, outcome, said.amid, asked.log_size)


async def org_lookup(desk: Desk, _call: Call, asked: OfDomain) -> Reply:
    """Tell who speaks for a domain."""
    return await _view(desk, parse_domain(asked.domain))


def _claim(data: bytes, caller: Amid, now: int) -> tuple[OrganizationClaim, bytes]:
    try:
        signed = msgspec.msgpack.decode(data, type=Signed)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError(
            "document_malformed", "`claim` is not a signed document."
        ) from None
    said = read_claim(signed)
    if said.amid != caller:
        raise NotPermitted("not_permitted", "That claim is by another agent.")
    _check_of_now(said.timestamp, now)
    return said, signed.signer


def _check_of_now(timestamp: int, now: int) -> None:
    if not -SIGNATURE_MAX_AHEAD * 1000 <= now - timestamp <= SIGNATURE_MAX_AGE * 1000:
        raise RemoteProtocolError("timestamp_expired", "What was signed is not of now.")


async def _claimed(desk: Desk, caller: Amid, domain: str) -> Organization:
    found = await desk.organizations.of(parse_domain(domain), caller)
    if found is None:
        raise _unknown(domain)
    return found


async def _proved(desk: Desk, caller: Amid, domain: str) -> tuple[Organization, Certificate]:
    """Return the caller's organisation, and its certificate."""
    found = await _claimed(desk, caller, domain)
    if found.certificate is None:
        raise Refused(
            "domain_unproved",
            f"That this agent speaks for {domain} is not proved.",
            f"agentmesh org verify {domain}",
        )
    return found, read(found.certificate)


async def _view(desk: Desk, domain: str) -> Reply:
    found = await desk.organizations.proved(domain)
    if found is None or found.certificate is None:
        raise _unknown(domain)
    return Reply(
        body=OrganizationView(
            domain=found.domain,
            name=found.name,
            amid=found.amid,
            certificate=found.certificate,
            revoked=found.list,
        )
    )


def _unknown(domain: str) -> Refused:
    return Refused(
        "organization_not_found",
        f"Nobody speaks for {domain[:80]} here.",
        "agentmesh org register DOMAIN",
    )
