"""The command `org`: a domain that speaks for its agents."""

from typing import Any, get_args

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.cli.figure import Count
from agentmesh.control import answers, calls
from agentmesh.control.calls.organizations import FleetReason
from agentmesh.errors import plain

_domain = click.argument("domain")
_peer = click.argument("peer")
_org = click.option("--org", "domain", default="", metavar="DOMAIN", help="If there are several.")


@group("org")
def org(context: click.Context) -> None:
    """Run an organisation: its domain vouches for its agents (tier 1.5).

    First `org register DOMAIN`: it names a DNS record. Once that is there, `org verify DOMAIN`.
    Then `org issue PEER` gives an agent a certificate; its owner takes it: `org accept DOMAIN`.
    """
    if context.invoked_subcommand is None:
        context.obj.ask(calls.OrgShow(), _show_all)


@command("register")
@_domain
@click.option("--name", default="", help="What people call it.")
def _register(desk: Desk, domain: str, name: str) -> None:
    """Claim DOMAIN, and learn which DNS record proves it."""
    desk.ask(calls.OrgRegister(domain=domain, name=name), _show_challenge)


@command("verify")
@_domain
def _verify(desk: Desk, domain: str) -> None:
    """Have the DNS of DOMAIN looked at; if the record is there, DOMAIN may issue certificates."""
    desk.ask(calls.OrgVerify(domain=domain), _show)


@command("issue")
@_peer
@_org
@click.option("--days", type=Count(1, 398), default=365, show_default=True)
@click.option("--renew", is_flag=True, help="Issue it again by itself before it runs out.")
def _issue(desk: Desk, peer: str, domain: str, days: int, *, renew: bool) -> None:
    """Give PEER a certificate. It counts once PEER's owner has taken it.

    With --renew this agent issues it again while a third of its time is left, until you revoke it;
    without, `agentmesh status` tells you here when one runs out.
    """
    asked = calls.OrgIssue(peer=peer, domain=domain, days=days, renew=renew)
    desk.ask(asked, _show_issued)


@command("revoke")
@_peer
@_org
@click.option(
    "--reason", type=click.Choice(get_args(calls.WithdrawReason)), default="privilege_withdrawn"
)
def _revoke(desk: Desk, peer: str, domain: str, reason: calls.WithdrawReason) -> None:
    """Take back what PEER was given: within a minute it is one of the fleet no more."""
    desk.ask(calls.OrgRevoke(peer=peer, domain=domain, reason=reason), _show)


@command("revoke-identity")
@_peer
@_org
@click.option("--reason", type=click.Choice(get_args(FleetReason)), required=True)
@click.option("--confirm", default="", metavar="AMID", help="The agent's AMID: it is for good.")
@click.option("--note", default="", metavar="TEXT", help="For the owners of its contacts.")
def _revoke_identity(desk: Desk, peer: str, **given: Any) -> None:
    """Take back the identity of PEER itself, for good: its key was stolen, or it does harm.

    PEER has to bear a certificate of the organisation. The registry hands it out no more, its
    contacts send it nothing, and nobody lets it in. To let it go in peace: org revoke.
    """
    desk.ask(calls.OrgRevokeIdentity(peer=peer, **given), _show)


@command("show")
def _show_command(desk: Desk) -> None:
    """List the organisations that this agent acts for, and their fleets."""
    desk.ask(calls.OrgShow(), _show_all)


@command("accept")
@_domain
def _accept(desk: Desk, domain: str) -> None:
    """Take the certificate that DOMAIN issued for this agent: it is of its fleet then.

    As long as the agent bears it, DOMAIN can take back the agent's identity itself, for good.
    """
    desk.ask(calls.OrgAccept(domain=domain), _show_certified)


for each in (_register, _verify, _issue, _revoke, _revoke_identity, _show_command, _accept):
    org.add_command(each)


def _show_challenge(it: answers.DomainChallenge) -> str:
    hours = it.expires_in_seconds // 3600
    record = render.clean(f"  {it.record}  TXT  {it.value}")
    then = render.clean(f"Then: agentmesh org verify {it.domain}")
    return f"Put this TXT record into the DNS, within {hours} hours:\n\n{record}\n\n{then}"


def _show_issued(it: answers.FleetAgent) -> str:
    return (
        f"{it.amid} has a certificate until {it.expires_at}. It counts once its owner has taken it:"
        "\nagentmesh org accept DOMAIN"
    )


def _show_certified(it: answers.Certified) -> str:
    whose = f"{it.organization} vouches for this agent" if it.organization else "Verified"
    return f"{whose}: tier {it.tier:g}, until {it.expires_at}; a new one is fetched by itself."


def _show_all(it: answers.Organizations) -> str:
    if not it.organizations:
        return "This agent acts for no organisation. To begin: agentmesh org register DOMAIN"
    return "\n\n".join(_show(each) for each in it.organizations)


def _show(it: answers.Organization) -> str:
    if not it.proved:
        return f"{it.domain}: not proved yet. agentmesh org register {it.domain}"
    lines = [render.clean(f"{it.domain} ({it.name}), until {it.expires_at}: {_count(it)}.")]
    lines += [
        f"  {each.amid}  " + (f"revoked: {plain(each.revoked)}" if each.revoked else _until(each))
        for each in it.agents
    ]
    return "\n".join(lines)


def _until(it: answers.FleetAgent) -> str:
    return f"{it.expires_at}, renewed by itself" if it.renewed else it.expires_at


def _count(it: answers.Organization) -> str:
    return render.many(sum(not each.revoked for each in it.agents), "agent")
