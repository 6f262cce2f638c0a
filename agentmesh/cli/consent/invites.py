"""Commands on invites: invite, join, invites."""

import sys

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group, note
from agentmesh.cli.figure import Count
from agentmesh.control import answers, calls
from agentmesh.errors import TimedOut

_WAIT_SECONDS = 10.0
_MOST_ROUNDS = 30
"""The daemon ends an attempt within a minute; this is the bound should it not."""
_LONGEST = 200
_SAID = {
    "looking_up": "Looking up the inviter ...",
    "asked": "Asked; waiting for the inviter ...",
    "proved": "Proved the words; waiting for the inviter's proof ...",
}


@command("invite")
@click.option("--note", "remark", default="", help="For yourself: whom it is for.")
@click.option("--minutes", type=Count(1, 10), default=10, show_default=True)
def invite(desk: Desk, remark: str, minutes: int) -> None:
    """Make a code by which one other agent becomes your contact, and you become its.

    Tell it the other owner over a channel that you trust: who has the code first, joins. It serves
    once, for ten minutes at most, with three tries. Your daemon has to be up meanwhile.
    """
    desk.ask(calls.InvitesMake(note=remark, minutes=minutes), _show_new)


@command("join")
@click.argument("code")
def join(desk: Desk, code: str) -> None:
    """Join by the CODE (or link) that another owner gave you.

    With - for CODE it is read from standard input, where no other user of the machine sees it.
    """
    joined = _until_joined(desk, sys.stdin.readline(_LONGEST) if code == "-" else code)
    who = render.clean(render.who(joined.name, joined.amid))
    keys = {"step": joined.step, "amid": joined.amid, "name": joined.name}
    desk.answer(keys, f"Joined: {who} is a contact now.")


def _until_joined(desk: Desk, code: str) -> answers.Joining:
    """Return the end of it; say on the way how far it is."""
    step = ""
    with desk.client() as client:
        for _ in range(_MOST_ROUNDS):
            joining = client.call(calls.Join(code=code, wait=_WAIT_SECONDS))
            if joining.step == "joined":
                return joining
            if joining.step != step:
                step = joining.step
                note(_SAID[step])
    raise TimedOut("invite_no_answer", "It takes too long.", "Try again: agentmesh join CODE")


@group("invites")
def invites(context: click.Context) -> None:
    """List your invites of the last day, or end one."""
    if context.invoked_subcommand is None:
        context.obj.ask(calls.InvitesList(), _show)


@command("list")
def _list(desk: Desk) -> None:
    """List your invites of the last day."""
    desk.ask(calls.InvitesList(), _show)


@command("revoke")
@click.argument("slot", type=Count(1, 99))
def _revoke(desk: Desk, slot: int) -> None:
    """End the invite in this slot."""
    desk.ask(calls.InvitesRevoke(slot=slot), lambda gone: f"Invite {gone.invite.slot} is over.")


for _each in (_list, _revoke):
    invites.add_command(_each)


def _show_new(made: answers.Invited) -> str:
    it = made.invite
    told = (
        f"Code:  {it.code}",
        f"Link:  {it.link}",
        f"Until: {it.expires_at}, {it.tries_left} tries, for one agent",
        f"The other owner types: agentmesh join {it.code}",
    )
    code = ("", _drawn(it.link)) if sys.stdout.isatty() else ()
    return "\n".join((*told, *code))


def _drawn(link: str) -> str:
    from agentmesh.cli.consent.qr import qr_code  # noqa: PLC0415 - only for codes

    return qr_code(link)


def _show(found: answers.Invites) -> str:
    if not found.invites:
        return "No invites."
    rows = (
        (it.slot, it.state, it.tries_left, it.expires_at, it.code or it.used_by, it.note)
        for it in found.invites
    )
    return render.table(("SLOT", "STATE", "TRIES", "UNTIL", "CODE OR WHO JOINED", "NOTE"), rows)
