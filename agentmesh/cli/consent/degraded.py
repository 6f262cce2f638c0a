"""The command `contacts allow-degraded`."""

from typing import get_args

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command
from agentmesh.control import answers, calls
from agentmesh.control.calls.suites import DegradedSuite

_SUITES = tuple(name for name in get_args(DegradedSuite) if name)


@command("allow-degraded")
@click.argument("peer")
@click.option("--suite", type=click.Choice(_SUITES), help="This one alone.")
@click.option("--never", is_flag=True, help="Take it back, and end the sessions it allowed.")
def allow_degraded(desk: Desk, peer: str, suite: DegradedSuite | None, *, never: bool) -> None:
    """Permit a weak session suite with PEER alone.

    It is used only where nothing better is possible, and only if PEER's owner permits it, too. Such
    sessions are shown as degraded.
    """
    desk.ask(calls.ContactsAllowDegraded(peer=peer, suite=suite or "", never=never), _show)


def _show(it: answers.SuitesAllowed) -> str:
    if not it.allowed:
        ended = render.many(it.sessions_ended, "session")
        return f"No weak suite with {it.amid}; {ended} ended."
    names = " and ".join(it.allowed)
    return f"{names} may be used with {it.amid}. Its owner has to permit that, too."
