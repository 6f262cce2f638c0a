"""Commands on grants: what peers may do, and what they ask for."""

import re
from typing import Any

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.cli.figure import Count
from agentmesh.control import answers, calls
from agentmesh.errors import UsageError

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DURATION = re.compile(r"([0-9]{1,6})([smhdw])")


@group("grants")
def grants(context: click.Context) -> None:
    """List what peers were granted, and change it.

    Kinds: text, file-in (it sends us), file-out (it gets ours), task:NAME, memory:SCOPE.
    """
    if context.invoked_subcommand is None:
        context.obj.ask(calls.GrantsList(), _show)


@command("list")
@click.option("--pending", is_flag=True, help="What peers ask for.")
@click.option("--peer", default="", help="Only of this peer.")
def _list(desk: Desk, *, pending: bool, peer: str) -> None:
    """List what peers were granted, or ask for."""
    desk.ask(calls.GrantsList(pending=pending, peer=peer), _show)


@command("give")
@click.argument("peer")
@click.argument("kind")
@click.option("--uses", type=Count(1, 1_000_000), help="So often.")
@click.option("--until", default="", metavar="TIME", help="Until then: 2026-12-24T18:00:00Z.")
@click.option("--for", "duration", default="", metavar="DURATION", help="So long: 30m, 2h, 7d.")
def _give(desk: Desk, duration: str, **given: Any) -> None:
    """Grant PEER something; it replaces what it had of this KIND."""
    seconds = _seconds(duration) if duration else None
    desk.ask(calls.GrantsGive(seconds=seconds, **given), _show_one)


@command("revoke")
@click.argument("peer")
@click.argument("kind")
def _revoke(desk: Desk, peer: str, kind: str) -> None:
    """Take a grant back. Without `text` what PEER says stays with its own daemon."""
    desk.ask(calls.GrantsRevoke(peer=peer, kind=kind), _show_one)


@command("ask")
@click.argument("peer")
@click.argument("kind")
@click.option("--note", default="", help="Why, for the peer's owner.")
def _ask(desk: Desk, peer: str, kind: str, note: str) -> None:
    """Ask PEER's owner for a grant."""
    desk.ask(calls.GrantsAsk(peer=peer, kind=kind, note=note), _show_asked)


for _each in (_list, _give, _revoke, _ask):
    grants.add_command(_each)


@command("introduce")
@click.argument("peer")
@click.argument("to")
@click.option("--note", default="", help="Why, for TO's owner.")
def introduce(desk: Desk, peer: str, to: str, note: str) -> None:
    """Introduce the contact PEER to the contact TO.

    When PEER knocks there, TO's owner sees that you know it. It gives no leave.
    """
    desk.ask(calls.Introduce(peer=peer, to=to, note=note), _show_asked)


def _seconds(duration: str) -> int:
    found = _DURATION.fullmatch(duration.strip())
    if found is None:
        raise UsageError("invalid_argument", "A duration is written as 30m, 2h or 7d.")
    return int(found[1]) * _UNITS[found[2]]


def _show(found: answers.Grants) -> str:
    if not found.grants:
        return "None."
    rows = (
        (it.peer_name, it.peer, it.kind, it.state, _uses(it), it.until or "", it.note)
        for it in found.grants
    )
    return render.table(("NAME", "AMID", "KIND", "STATE", "USES", "UNTIL", "THEY SAY"), rows)


def _show_one(granted: answers.Granted) -> str:
    return _show(answers.Grants(grants=[granted.grant]))


def _uses(it: answers.Grant) -> str:
    return "" if it.uses_left is None else str(it.uses_left)


def _show_asked(asked: answers.Asked) -> str:
    return f"On its way: {asked.message_id}"
