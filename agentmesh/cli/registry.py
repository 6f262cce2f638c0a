"""The command `registry`: whether its log is what it was."""

from typing import get_args

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.control import answers, calls
from agentmesh.errors import plain


@group("registry")
def registry(context: click.Context) -> None:
    """Show what is known of the registry's log, and what it was caught at.

    Every lookup is proved by that log, which may only grow. A registry that shows one log to us and
    another to others, or takes something back, is caught; then nothing new is believed of it.
    """
    if context.invoked_subcommand is None:
        context.obj.ask(calls.RegistryShow(), _show)


@command("accept")
def _accept(desk: Desk) -> None:
    """Take the log anew, as it is now. Only if its operator explained what happened."""
    desk.ask(calls.RegistryAccept(), _show)


registry.add_command(_accept)


@command("revoke")
@click.option("--reason", type=click.Choice(get_args(calls.RevokeReason)), required=True)
@click.option("--confirm", default="", metavar="AMID", help="This agent's AMID: it is for good.")
@click.option("--note", default="", metavar="TEXT", help="For the owners of contacts.")
def revoke(desk: Desk, reason: calls.RevokeReason, confirm: str, note: str) -> None:
    """Take this agent's identity back, for good: when its key was stolen, or it ends.

    The registry hands it out no more, contacts send it nothing, and nobody lets it in. That cannot
    be undone. The daemon stays offline afterwards.
    """
    desk.ask(calls.Revoke(reason=reason, confirm=confirm, note=note), _show_revoked)


def _show_revoked(it: answers.RevokedUs) -> str:
    return f"{it.amid} was taken back ({plain(it.reason)}), and stays so. The daemon is offline."


def _show(it: answers.RegistryShown) -> str:
    if not it.log:
        return f"{render.clean(it.url)} has never shown a log: nothing it says is proved."
    lines = [
        f"{render.clean(it.url)}, log {it.key[:16]}",
        f"{render.many(it.entries, 'entry', 'entries')} as of {it.head_at}, "
        f"read up to {it.followed}; {render.many(it.revocations, 'revocation')}.",
    ]
    if it.fault:
        lines += [
            f"Caught at {it.fault_at}: {it.fault}. Nothing new is believed of this registry.",
            *(f"  signed head: {head}" for head in it.evidence),
            "Ask its operator. To begin anew with the log as it is: agentmesh registry accept",
        ]
    lines += [
        f"Not ours: entry {entry.index} ({render.clean(entry.kind)})"
        for entry in it.foreign_entries
    ]
    return "\n".join(lines)
