"""Commands on the policy: see it, change it."""

import json
from pathlib import Path

import click

from agentmesh.cli import render
from agentmesh.cli.body import read_value
from agentmesh.cli.desk import Desk, command, group
from agentmesh.cli.figure import Count
from agentmesh.control import answers, calls
from agentmesh.control.calls.policy import MAX_DOCUMENT
from agentmesh.errors import UsageError, plain


@group("policy")
def policy(context: click.Context) -> None:
    """See or change who may talk to this agent."""
    if context.invoked_subcommand is None:
        context.obj.ask(calls.PolicyGet(), _show)


@command("get")
@click.argument("key", default="")
def _get(desk: Desk, key: str) -> None:
    """Show the policy, or one field; dotted keys reach inside."""
    desk.ask(calls.PolicyGet(key=key), _show)


@command("set")
@click.argument("key")
@click.argument("value")
def _set(desk: Desk, key: str, value: str) -> None:
    """Set a field to VALUE, which is JSON; a bare word is a string.

    Such as: policy set accept_tiers "[1, 1.5]", policy set breakers.sent_per_minute 120.
    """
    desk.ask(calls.PolicySet(key=key, value=read_value(value)), _show)


@command("explain")
@click.argument("peer")
@click.option("--intent", default="communication/messaging", metavar="CATEGORY[/SUBCATEGORY]")
def _explain(desk: Desk, peer: str, intent: str) -> None:
    """Show what would become of a KNOCK of PEER now, check by check, and of what we send it."""
    desk.ask(calls.PolicyExplain(peer=peer, intent=intent), _show_explained)


@command("test")
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
def _test(desk: Desk, file: str) -> None:
    """Show what would become of the last day's KNOCKs under the policy in FILE."""
    desk.ask(calls.PolicyTest(document=_document(Path(file))), _show_tested)


@command("history")
def _history(desk: Desk) -> None:
    """List the last policies, since when they were in force, and who changed what."""
    desk.ask(calls.PolicyHistory(), _show_history)


@command("undo")
@click.option("--to", type=Count(1), metavar="NUMBER", help="A number of the history.")
def _undo(desk: Desk, to: int | None) -> None:
    """Bring back the policy before this one; again, the one before that."""
    desk.ask(calls.PolicyUndo(to=to), _show)


for _each in (_get, _set, _explain, _test, _history, _undo):
    policy.add_command(_each)


def _show(answer: answers.Policy) -> str:
    return json.dumps(answer.policy, indent=2)


def _document(file: Path) -> str:
    if not file.is_file():  # a pipe or a device has no end
        raise UsageError("policy_unreadable", f"{file} is not a file.")
    try:
        with file.open(encoding="utf-8") as opened:
            text = opened.read(MAX_DOCUMENT + 1)
    except OSError as error:
        raise UsageError("policy_unreadable", f"{file} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise UsageError("policy_unreadable", f"{file} is not text in UTF-8.") from None
    if len(text) > MAX_DOCUMENT:
        raise UsageError(
            "policy_too_large", f"A policy to test has {MAX_DOCUMENT} letters at most."
        )
    return text


def _show_explained(it: answers.PolicyExplained) -> str:
    reached = "" if it.registry_reached else "\nThe registry cannot be reached now."
    knock = f"A KNOCK of {it.peer} about {it.intent}: {_said(it.knock)}{reached}"
    sending = f"A message to it, by the agent itself: {_said(it.sending)}"
    vouched = render.vouched(it.vouched)
    return f"{knock}\n{vouched}\n{_checks(it.knock)}\n\n{sending}\n{_checks(it.sending)}"


def _said(it: answers.Explanation | answers.PolicyCheck) -> str:
    return ", ".join(plain(code) for code in (it.decision, it.reason) if code)


def _checks(it: answers.Explanation) -> str:
    rows = (
        ("->" if step.decides else "", step.check, _said(step) or "-", _facts(step))
        for step in it.checks
    )
    return render.table(("", "CHECK", "SAYS", "LOOKED AT"), rows)


def _facts(step: answers.PolicyCheck) -> str:
    return " ".join(f"{name}={json.dumps(fact)}" for name, fact in step.looked_at.items())


def _show_tested(it: answers.PolicyTested) -> str:
    if not it.knocks:
        return "Nobody knocked in the last day."
    rows = (
        ("*" if each.changes else "", each.at, _peer(each), each.intent, each.now, each.tested)
        for each in it.knocks
    )
    table = render.table(("", "AT", "PEER", "INTENT", "NOW", "UNDER THIS FILE"), rows)
    return f"{table}\n{it.changed} of {len(it.knocks)} would change."


def _show_history(it: answers.PolicyVersions) -> str:
    rows = (
        (each.number, each.since, each.who, _restored(each), ", ".join(each.changes))
        for each in it.versions
    )
    return render.table(("NUMBER", "SINCE", "BY", "", "CHANGED"), rows)


def _peer(it: answers.PastKnock) -> str:
    return render.who(it.peer_name, it.peer)


def _restored(it: answers.PolicyVersion) -> str:
    return f"as {it.restores}" if it.restores else ""
