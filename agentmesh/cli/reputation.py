"""Commands on what is said of agents, and by us."""

from typing import get_args

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command
from agentmesh.cli.figure import Figure
from agentmesh.control import answers, calls
from agentmesh.protocol.feedback import MIN_RATERS, FeedbackTag

_TAGS = get_args(FeedbackTag)


@command("reputation")
@click.argument("peer", required=False, default="")
def reputation(desk: Desk, peer: str) -> None:
    """Show what the registry says of PEER, or of ourselves, and what that rests on."""
    desk.ask(calls.ReputationShow(peer=peer), _show)


@command("rate")
@click.argument("peer")
@click.argument("score", type=Figure(0, 1))
@click.option("--tag", "tags", multiple=True, type=click.Choice(_TAGS), help="May be repeated.")
@click.option("--session", "session_id", default="", metavar="ID", help="Not the youngest one.")
def rate(
    desk: Desk, peer: str, score: float, tags: tuple[FeedbackTag, ...], session_id: str
) -> None:
    """Rate PEER, from 0 to 1, for a session that you held with it.

    There is one rating for each session. With it the registry learns that the two agents held this
    session; it learns nothing of what was said.
    """
    request = calls.ReputationRate(peer=peer, score=score, tags=tags, session_id=session_id)
    desk.ask(request, _said)


def _said(it: answers.Rated) -> str:
    if it.repeated:
        return f"Session {it.session_id} was rated before; that rating stands."
    return f"{it.amid} is rated for session {it.session_id}."


def _show(it: answers.Reputation) -> str:
    head = f"{it.score:.2f}" if it.rated else f"unrated (fewer than {MIN_RATERS} agents rated it)"
    lines = [
        f"{it.amid}: {head}",
        f"  ratings   {render.many(it.ratings_count, 'agent')}, "
        f"{render.many(it.owners, 'proved owner')}",
        f"  sessions  {it.sessions} that both sides signed, {it.completed} completed",
        f"  tier      {it.tier:g}, registered {it.registered_at}",
    ]
    lines += [
        f"  {tag.tag}: {render.many(tag.owners, 'owner')}, {render.many(tag.others, 'other')}"
        for tag in it.tags
    ]
    lines += [f"  BEWARE: {flag.flag} until {flag.until}" for flag in it.flags]
    return "\n".join(map(render.clean, lines))
