"""`contacts follow` and `contacts decline`: who takes a contact's place."""

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command
from agentmesh.control import answers, calls
from agentmesh.errors import plain


@command("follow")
@click.argument("peer")
def follow(desk: Desk, peer: str) -> None:
    """Put the successor that PEER named in its place, once its owner told you that it is so.

    The successor gets PEER's alias, name, description and note, and is a contact like any new one:
    trust, grants, autonomy and the compared number stay behind. The registry has to prove it.
    """
    desk.ask(calls.ContactsFollow(peer=peer), _show_followed)


@command("decline")
@click.argument("peer")
def decline(desk: Desk, peer: str) -> None:
    """Do not believe the successor that PEER named: it is turned away."""
    desk.ask(calls.ContactsDecline(peer=peer), _show_declined)


def taken_back(it: answers.Contact) -> str:
    """Return in a few words that a contact was taken back, and by whom."""
    if it.taken_back is None:
        return ""
    whose = it.taken_back.organization or f"the {it.taken_back.issuer}"
    by = "" if it.taken_back.issuer == "key" else f", by {whose}"
    note = f": {it.taken_back.note}" if it.taken_back.note else ""
    named = it.taken_back.successor
    word = "declined successor" if it.taken_back.declined else "successor"
    return f"{plain(it.taken_back.reason)}{by}{note}" + (f", {word} {named}" if named else "")


def _show_declined(it: answers.Declined) -> str:
    return f"{it.successor} is not let in. Nothing is sent to {it.amid}."


def _show_followed(kept: answers.Kept) -> str:
    it = kept.contact
    name = render.clean(it.alias or it.name)
    return f"{name} is {it.amid} now. Compare the number with its owner: agentmesh verify {it.amid}"
