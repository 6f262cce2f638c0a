"""Commands on knocks: who wants to talk, and the owner's decision."""

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.cli.figure import Count
from agentmesh.control import answers, calls
from agentmesh.errors import plain


@group("knocks")
def knocks(context: click.Context) -> None:
    """List who wants to talk, and decide."""
    if context.invoked_subcommand is None:
        context.obj.ask(calls.KnocksList(), _show)


@command("list")
@click.option("--all", "decided", is_flag=True, help="Those already decided as well.")
@click.option("--limit", type=Count(1, 100), default=20, show_default=True)
def _list(desk: Desk, *, decided: bool, limit: int) -> None:
    """List who wants to talk."""
    desk.ask(calls.KnocksList(pending=not decided, limit=limit), _show)


@command("approve")
@click.argument("knock_id", metavar="ID")
@click.option("--once", is_flag=True, help="For this session only: it becomes no contact.")
def _approve(desk: Desk, knock_id: str, *, once: bool) -> None:
    """Let the sender talk; it becomes a contact."""
    desk.ask(calls.KnocksApprove(id=knock_id, contact=not once), _show_decided)


@command("deny")
@click.argument("knock_id", metavar="ID")
def _deny(desk: Desk, knock_id: str) -> None:
    """Dismiss a knock; its sender sees silence."""
    desk.ask(calls.KnocksDeny(id=knock_id), _show_decided)


@command("block")
@click.argument("knock_id", metavar="ID")
def _block(desk: Desk, knock_id: str) -> None:
    """Dismiss a knock and block its sender."""
    desk.ask(calls.KnocksBlock(id=knock_id), _show_decided)


for _each in (_list, _approve, _deny, _block):
    knocks.add_command(_each)


def _show(found: answers.Knocks) -> str:
    return "\n\n".join(_paragraph(it) for it in found.knocks) or "Nobody knocks."


def _paragraph(it: answers.Knock) -> str:
    head = f"{it.id}  {it.received_at}  {render.who(it.from_name, it.sender)}"
    verdict = ", ".join(plain(code) for code in (it.verdict, it.reason) if code)
    told = f"  about {it.intent}, {it.type}: {verdict}"
    note = f"\n  says: {render.quoted(it.note)}" if it.note else ""
    vouched = "".join(
        f"\n  introduced by {render.clean(render.who(by.by_name, by.by))} (trust {by.by_trust})"
        for by in it.introduced_by
    )
    proved = f"\n  {render.clean(render.vouched(it.vouched))}" if it.vouched else ""
    ours = f"\n  your note: {render.clean(it.scope_note)}" if it.scope_note else ""
    return f"{render.clean(head)}\n{render.clean(told)}{note}{proved}{ours}{vouched}"


def _show_decided(decided: answers.Decided) -> str:
    return _paragraph(decided.knock)
