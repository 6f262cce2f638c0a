"""Commands on approvals: what the agent wrote, and the owner's decision."""

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.control import answers, calls
from agentmesh.errors import plain


@group("approvals")
def approvals(context: click.Context) -> None:
    """List what the agent wants to send, and decide."""
    if context.invoked_subcommand is None:
        context.obj.ask(calls.ApprovalsList(), _show)


@command("list")
@click.option("--all", "decided", is_flag=True, help="Those of the last day that are decided too.")
def _list(desk: Desk, *, decided: bool) -> None:
    """List what waits for your decision."""
    desk.ask(calls.ApprovalsList(pending=not decided), _show)


@command("show")
@click.argument("approval_id", metavar="ID")
def _one(desk: Desk, approval_id: str) -> None:
    """Show who would get what."""
    desk.ask(calls.ApprovalsShow(id=approval_id), _show_one)


@command("approve")
@click.argument("approval_id", metavar="ID")
@click.option("--digest", default="", help="Only if it still is what you saw.")
def _approve(desk: Desk, approval_id: str, digest: str) -> None:
    """Send it, once."""
    desk.ask(calls.ApprovalsApprove(id=approval_id, digest=digest), _show_one)


@command("deny")
@click.argument("approval_id", metavar="ID")
def _deny(desk: Desk, approval_id: str) -> None:
    """Never send it."""
    desk.ask(calls.ApprovalsDeny(id=approval_id), _show_one)


for _each in (_list, _one, _approve, _deny):
    approvals.add_command(_each)


def _show(found: answers.Approvals) -> str:
    return "\n\n".join(_paragraph(it) for it in found.approvals) or "Nothing waits for you."


def _show_one(decided: answers.Approved) -> str:
    return _paragraph(decided.approval)


def _paragraph(it: answers.Approval) -> str:
    head = f"{it.id}  {it.state}, until {it.expires_at}"
    known = f"{render.TRUST[it.trust]}, {render.compared(it.verified)}"
    to = f"  to {render.who(it.to_name, it.to)}: {known}"
    about = f"  {it.type}, {it.session_type} about {it.intent}"
    lines = [head, to, about, f"  digest {it.digest}"]
    if it.reason == "moved_by_another":
        lines.append("  written shortly after it read what somebody else wrote")
    if it.secrets:
        kinds = ", ".join(plain(kind) for kind in it.secrets)
        lines.append(f"  LOOK CLOSELY: there seems to be a secret in it ({kinds})")
    text = render.paragraph(render.words(it.payload), "    ")
    return "\n".join([*(render.clean(line) for line in lines), text])
