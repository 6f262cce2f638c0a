"""Control calls about organisations and certificates."""

from agentmesh.control import answers, calls
from agentmesh.daemon.api import views
from agentmesh.daemon.rooms import Rooms
from agentmesh.discovery.trust import NO_AUTHORITY, Vouching
from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.messages.delivery import clean_name
from agentmesh.node.certificates.fleet import Fleet, Issued, Why
from agentmesh.node.certificates.own import OwnChain
from agentmesh.observability.findings import Finding
from agentmesh.protocol.certificates.contents import DAY
from agentmesh.protocol.certificates.names import parse_domain
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.tiers import ORGANIZATION, PERSON
from agentmesh.protocol.times import to_text

Permit = calls.Permit
SOON_SECONDS = 30 * DAY
"""So long before those run out that we issue, or have as an organisation, the owner knows."""
OWN_SECONDS = 10 * DAY
"""So long before ours does: until then its organisation may have issued it again."""


async def org_register(
    rooms: Rooms, asked: calls.OrgRegister, _: Permit
) -> answers.DomainChallenge:
    """Claim a domain."""
    name = clean_name(asked.name)
    found = await rooms.certificates.fleets.register(parse_domain(asked.domain), name)
    return answers.DomainChallenge(
        domain=found.domain,
        record=found.record,
        value=found.value,
        expires_in_seconds=found.expires_in_seconds,
    )


async def org_verify(rooms: Rooms, asked: calls.OrgVerify, _: Permit) -> answers.Organization:
    """Have the domain's DNS looked at."""
    return _organization(await rooms.certificates.fleets.verify(asked.domain))


async def org_issue(rooms: Rooms, asked: calls.OrgIssue, _: Permit) -> answers.FleetAgent:
    """Give an agent a certificate."""
    peer, domain = await rooms.peers.find(asked.peer), await _domain(rooms, asked.domain)
    return _agent(
        await rooms.certificates.fleets.issue(domain, peer, asked.days, renews=asked.renew)
    )


async def org_revoke(rooms: Rooms, asked: calls.OrgRevoke, _: Permit) -> answers.Organization:
    """Take back what an agent was given."""
    peer, domain = await rooms.peers.find(asked.peer), await _domain(rooms, asked.domain)
    return _organization(await rooms.certificates.fleets.revoke(domain, peer, asked.reason))


async def org_revoke_identity(
    rooms: Rooms, asked: calls.OrgRevokeIdentity, _: Permit
) -> answers.Organization:
    """Take back the identity of an agent of the fleet, for good."""
    peer, domain = await rooms.peers.find(asked.peer), await _domain(rooms, asked.domain)
    if asked.confirm != peer:
        raise UsageError(
            "not_confirmed",
            "That is not the agent's AMID: nothing was taken back.",
            f"It is for good. To go on, repeat the command with --confirm {peer}",
        )
    why = Why(asked.reason, asked.note)
    return _organization(await rooms.certificates.fleets.revoke_identity(domain, peer, why))


async def org_show(rooms: Rooms, _: calls.OrgShow, __: Permit) -> answers.Organizations:
    """List our organisations."""
    found = await rooms.certificates.fleets.all()
    return answers.Organizations(organizations=[_organization(fleet) for fleet in found])


async def org_accept(rooms: Rooms, asked: calls.OrgAccept, _: Permit) -> answers.Certified:
    """Take the certificate that an organisation has issued for us."""
    chain = await rooms.certificates.own.obtain(parse_domain(asked.domain))
    return certified(rooms, chain)


async def obtained(rooms: Rooms) -> answers.Certified | None:
    """Return the certificate of a person, asked for now; None where there is no authority."""
    try:
        return certified(rooms, await rooms.certificates.own.obtain())
    except AgentMeshError as error:
        if error.code in NO_AUTHORITY:
            return None
        raise


def certified(rooms: Rooms, chain: OwnChain) -> answers.Certified:
    """Return the certificate that we bear."""
    return answers.Certified(
        amid=rooms.hand.keys.ring.identity.amid,
        tier=views.plain(ORGANIZATION if chain.organization else PERSON),
        organization=chain.organization,
        expires_at=to_text(chain.expires_at),
    )


async def vouched_for(rooms: Rooms, peer: Amid) -> answers.VouchedFor:
    """Return who vouches for a peer."""
    return _vouched_for(await rooms.gatekeeper.vouching(peer))


def _vouched_for(it: Vouching) -> answers.VouchedFor:
    return answers.VouchedFor(
        tier=views.plain(it.tier),
        organization=it.organization,
        certificate=it.fact,
        expires_at=to_text(it.expires_at) if it.expires_at else "",
    )


async def _domain(rooms: Rooms, given: str) -> str:
    """Return the organisation that is meant: the one that was named, or the only one."""
    if given:
        return given
    found = await rooms.certificates.fleets.all()
    if len(found) == 1:
        return found[0].domain
    choice = ", ".join(fleet.domain for fleet in found) or "agentmesh org register DOMAIN"
    raise UsageError("organization_not_found", "Name the organisation: --org DOMAIN", choice)


def _organization(fleet: Fleet) -> answers.Organization:
    return answers.Organization(
        domain=fleet.domain,
        name=fleet.name,
        proved=bool(fleet.certificate),
        expires_at=to_text(fleet.expires_at) if fleet.certificate else "",
        agents=[_agent(it) for it in fleet.issued],
    )


def _agent(it: Issued) -> answers.FleetAgent:
    return answers.FleetAgent(
        amid=it.amid,
        serial=it.serial,
        issued_at=to_text(it.issued_at),
        expires_at=to_text(it.expires_at),
        revoked=it.revoked or "",
        renewed=it.renews,
    )


# --- what runs out ------------------------------------------------------------------------------


async def findings(rooms: Rooms) -> list[Finding]:
    """Return which certificates run out soon: our own, our organisations', and their fleets'."""
    now = int(rooms.hand.clock.now())
    found = list[Finding]()
    for fleet in await rooms.certificates.fleets.all():
        if fleet.certificate:
            found += _of_fleet(fleet, now)
    chain = rooms.certificates.own.chain
    if chain is not None and chain.organization and chain.expires_at < now + OWN_SECONDS:
        why = f"This agent's certificate of {chain.organization} runs out on {_day(chain)}."
        amid = rooms.hand.keys.ring.identity.amid
        fix = f"Whoever acts for {chain.organization}: agentmesh org issue {amid} --renew"
        found.append(Finding("certificate_ends", "warning", why, fix))
    return found


def _of_fleet(fleet: Fleet, now: int) -> list[Finding]:
    if fleet.expires_at < now + SOON_SECONDS:
        why = f"The certificate of {fleet.domain} runs out on {_day(fleet)}, its fleet's with it."
        fix = f"agentmesh org register {fleet.domain}, and then: org verify {fleet.domain}"
        return [Finding("organization_ends", "warning", why, fix)]
    ending = [it for it in fleet.ending(now) if it.expires_at < now + SOON_SECONDS]
    if not ending:
        return []
    first = min(ending, key=lambda it: it.expires_at)
    count = "1 certificate" if len(ending) == 1 else f"{len(ending)} certificates"
    why = f"Of the fleet of {fleet.domain} {count} will not last, the first until {_day(first)}."
    fix = f"agentmesh org issue {first.amid} --org {fleet.domain} --renew"
    return [Finding("fleet_certificates_end", "warning", why, fix)]


def _day(it: Fleet | Issued | OwnChain) -> str:
    return to_text(it.expires_at)[:10]
