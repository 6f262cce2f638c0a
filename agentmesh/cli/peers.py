"""Commands on peers: search, contacts, block, unblock."""

from typing import Any

import click

from agentmesh.cli import render
from agentmesh.cli.consent.degraded import allow_degraded
from agentmesh.cli.consent.successors import decline, follow, taken_back
from agentmesh.cli.desk import Desk, command, group
from agentmesh.cli.figure import Count, Figure
from agentmesh.control import answers, calls
from agentmesh.protocol.feedback import MIN_RATERS
from agentmesh.protocol.limits import SEARCH_TOTAL

_TRUST = ("unknown", "verified", "trusted", "allied")


@command("search")
@click.argument("capability")
@click.option("--tier-min", type=click.Choice(["2", "1", "1.5"]), help="1.5 ranks highest.")
@click.option("--reputation-min", type=Figure(0, 1), help="Who was rated so well.")
@click.option("--status", default="", help="online, away, dnd or offline.")
@click.option("--limit", type=Count(1, 100), default=20, show_default=True)
@click.option("--after", default="", help="Where the last page said to go on.")
def search(desk: Desk, tier_min: str | None, **more: object) -> None:
    """Find agents by CAPABILITY: a category, or category/subcategory."""
    tier = float(tier_min) if tier_min else None
    desk.ask(calls.Search(tier_min=tier, **more), _show_found)  # type: ignore[arg-type] # click checked


@group("contacts")
def contacts(context: click.Context) -> None:
    """List the contacts, or change them."""
    if context.invoked_subcommand is None:
        _list(context.obj, calls.ContactsList())


@command("list")
@click.option("--limit", type=Count(1, 1000), default=100, show_default=True)
@click.option("--after", default="", help="Go on from here: what the last page says at its end.")
def _list_command(desk: Desk, limit: int, after: str) -> None:
    """List the contacts by alias, name, AMID."""
    _list(desk, calls.ContactsList(after=after, limit=limit))


@command("add")
@click.argument("peer")
@click.option("--alias", default="", help="Your own name for it.")
@click.option("--description", default="", help="For yourself.")
def _add(desk: Desk, peer: str, alias: str, description: str) -> None:
    """Make PEER (AMID or DID) a contact: it may talk to us without asking."""
    desk.ask(calls.ContactsAdd(peer=peer, alias=alias, description=description), _show_kept)


@command("alias")
@click.argument("peer")
@click.argument("alias")
def _alias(desk: Desk, peer: str, alias: str) -> None:
    """Give a contact your own name; an empty one takes it away."""
    desk.ask(calls.ContactsAlias(peer=peer, alias=alias), _show_kept)


@command("trust")
@click.argument("peer")
@click.argument("level", type=click.Choice(["0", "1", "2", "3", *_TRUST]))
def _trust(desk: Desk, peer: str, level: str) -> None:
    """Set how far a contact is trusted: unknown, verified, trusted or allied.

    verified: only who has the key that its AMID follows from speaks as it; whether you compared
    the safety number stands beside it, see `agentmesh verify`.
    unknown: its sessions end, what you allowed it is taken back, and it has to knock again.
    """
    number = int(level) if level.isdigit() else _TRUST.index(level)
    desk.ask(calls.ContactsTrust(peer=peer, trust=number), _show_kept)


@command("show")
@click.argument("peer")
def _show_command(desk: Desk, peer: str) -> None:
    """Show all that is kept about a contact."""
    desk.ask(calls.ContactsShow(peer=peer), _show_kept)


@command("autonomy")
@click.argument("peer")
@click.argument(
    "level", type=click.Choice(["default", "notify-only", "draft", "bounded", "extended", "free"])
)
def _autonomy(desk: Desk, peer: str, level: str) -> None:
    """Set what the agent may send a contact by itself, on what that one said.

    notify-only and draft: nothing, you approve each. bounded: 3 messages a day. extended: 12 an
    hour. default: what the policy says. See also `agentmesh approvals`.
    """
    asked: Any = "" if level == "default" else level  # click checked it
    desk.ask(calls.ContactsAutonomy(peer=peer, autonomy=asked), _show_kept)


@command("note")
@click.argument("peer")
@click.argument("text")
def _note(desk: Desk, peer: str, text: str) -> None:
    """Keep what a contact may be used for; your agent sees it. An empty TEXT takes it away."""
    desk.ask(calls.ContactsNote(peer=peer, note=text), _show_kept)


@command("remove")
@click.argument("peer")
def _remove(desk: Desk, peer: str) -> None:
    """Forget a contact; it has to knock again."""
    desk.ask(calls.ContactsRemove(peer=peer), lambda gone: f"Forgot {gone.amid}.")


@command("introductions")
def _introductions(desk: Desk) -> None:
    """List whom contacts introduced; it gives nobody leave."""
    desk.ask(calls.IntroductionsList(), _show_introductions)


for _each in (
    _list_command,
    _show_command,
    _add,
    _alias,
    _trust,
    _autonomy,
    _note,
    _remove,
    _introductions,
):
    contacts.add_command(_each)
for _each in (allow_degraded, follow, decline):
    contacts.add_command(_each)


@command("block")
@click.argument("peer", metavar="AMID")
def block(desk: Desk, peer: str) -> None:
    """Never hear from a peer again; its sessions end."""
    desk.ask(calls.Block(peer=peer), _show_blocked)


@command("unblock")
@click.argument("peer", metavar="AMID")
def unblock(desk: Desk, peer: str) -> None:
    """Let a peer knock again."""
    desk.ask(calls.Unblock(peer=peer), _show_blocked)


def _list(desk: Desk, asked: calls.ContactsList) -> None:
    desk.ask(asked, _show_contacts)


def _show_found(found: answers.SearchResults) -> str:
    if not found.results and found.next is None:
        return "Nobody offers that."
    rows = (
        (render.quoted(it.name), it.amid, _tier(it), it.status, _rating(it), ", ".join(it.flags))
        for it in found.results
    )
    listed = render.table(("NAME", "AMID", "TIER", "STATUS", "REPUTATION", "FLAGS"), rows)
    if found.next is None:
        return listed
    total = f"{found.total:,}" + (" or more" if found.total >= SEARCH_TOTAL else "")
    return f"{listed}\n{total} in all; the next ones: --after {render.clean(found.next)}"


def _tier(it: answers.Found) -> str:
    """Return the tier, and whose organisation the registry says it is."""
    return f"{it.tier:g} {render.quoted(it.organization)}" if it.organization else f"{it.tier:g}"


def _rating(it: answers.Found) -> str:
    rated = it.reputation is not None and it.ratings_count >= MIN_RATERS
    return f"{it.reputation:.2f} ({it.ratings_count})" if rated else "unrated"


def _show_contacts(found: answers.Contacts) -> str:
    if not found.contacts:
        return "No contacts."
    rows = (
        (
            it.alias,
            it.name,
            it.amid,
            render.TRUST[it.trust],
            it.autonomy,
            _marks(it),
            it.description,
        )
        for it in found.contacts
    )
    titles = ("ALIAS", "NAME", "AMID", "TRUST", "AUTONOMY", "MARKS", "DESCRIPTION")
    more = f"\nMore, of {found.total}: agentmesh contacts list --after {found.next}"
    return render.table(titles, rows) + more * bool(found.next)


def _marks(it: answers.Contact) -> str:
    marks = (
        ("REVOKED", it.taken_back is not None),
        ("KEY CHANGED", it.key_changed and it.taken_back is None),
        ("blocked", it.blocked),
        ("paused", it.paused),
        ("number compared", it.verified),
        ("invited", it.invited),
        (f"DEGRADED allowed: {' '.join(it.degraded_allowed)}", bool(it.degraded_allowed)),
    )
    return ", ".join(word for word, holds in marks if holds)


def _show_kept(kept: answers.Kept) -> str:
    it = kept.contact
    rows = (
        ("AMID", it.amid),
        ("name", it.name),
        ("alias", it.alias),
        ("description", it.description),
        ("trust", render.TRUST[it.trust]),
        ("autonomy", it.autonomy),
        ("note", it.note),
        ("revoked", taken_back(it)),
        ("marks", _marks(it)),
    )
    return render.pairs((name, value) for name, value in rows if value)


def _show_introductions(found: answers.Introductions) -> str:
    if not found.introductions:
        return "No introductions."
    rows = (
        (it.name, it.amid, render.who(it.by_name, it.by), render.TRUST[it.by_trust], it.note)
        for it in found.introductions
    )
    return render.table(("NAME", "AMID", "INTRODUCED BY", "TRUST", "THEY SAY"), rows)


def _show_blocked(it: answers.Blocked) -> str:
    return f"{it.amid} is {'blocked' if it.blocked else 'not blocked'}."
