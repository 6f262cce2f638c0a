"""The command `verify`: the number that two owners compare."""

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command
from agentmesh.control import answers, calls
from agentmesh.errors import plain

_GROUPS_IN_A_LINE = 4


@command("verify")
@click.argument("peer")
@click.option("--confirm", is_flag=True, help="We compared it, and it is the same.")
@click.option("--qr", "as_qr", is_flag=True, help="Show what PEER's owner scans.")
@click.option("--scan", "scanned", default="", metavar="TEXT", help="What the camera read.")
def verify(desk: Desk, peer: str, *, confirm: bool, as_qr: bool, scanned: str) -> None:
    """Show the safety number that we and PEER's owner have in common.

    Compare it with what PEER's owner sees, over a channel that you trust: by telephone, or side by
    side. If it is the same, confirm it: contacts and PEER's messages then say `number compared`
    (in JSON `verified`). --qr shows a code for the other's camera; what it reads goes to
    `agentmesh verify PEER --scan TEXT`.
    """
    request = calls.Verify(peer=peer, confirm=confirm, scanned=scanned)
    desk.ask(request, _show_qr if as_qr else _show)


def _show_qr(it: answers.SafetyNumber) -> str:
    from agentmesh.cli.consent.qr import qr_code  # noqa: PLC0415 - only for codes

    return f"{_show(it)}\n\n{qr_code(it.text)}\n{it.text}"


def _show(it: answers.SafetyNumber) -> str:
    groups = it.number.split()
    starts = range(0, len(groups), _GROUPS_IN_A_LINE)
    number = "\n".join("  " + " ".join(groups[at : at + _GROUPS_IN_A_LINE]) for at in starts)
    emoji = ", ".join(f"{each.emoji} {each.name}" for each in it.emoji)
    head = f"Safety number with {render.who(it.name, it.amid)}:"
    said = (
        "The owner compared it: verified."
        if it.verified
        else "Compare it with the peer's owner. If it is the same: "
        f"agentmesh verify {it.amid} --confirm"
    )
    proved = _proved(it.log)
    vouched = render.vouched(it.vouched)
    lines = [render.clean(head), "", number, "", f"  {emoji}", "", proved, vouched, said]
    return "\n".join(lines)


def _proved(log: answers.Proof) -> str:
    if log.proved:
        return (
            f"Its record is entry {log.index} of {log.entries} in the registry's log "
            f"{log.key[:16]}, as of {log.at}."
        )
    if log.reason == "registry_without_log":
        return "The registry has no log: that others are shown the same record is not proved."
    return f"That others are shown the same record is not proved now: {plain(log.reason)}."
