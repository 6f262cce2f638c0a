"""Commands on transcripts: what was said, session by session."""

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.cli.figure import Count
from agentmesh.cli.records.asking import ask
from agentmesh.cli.records.exporting import export
from agentmesh.cli.records.keys import keys, open_file
from agentmesh.cli.records.pages import show_page
from agentmesh.cli.records.searching import search
from agentmesh.control import answers, calls


@group("transcripts")
def transcripts(context: click.Context) -> None:
    """List, read, search, hand out and erase what was said; a daemon need not run."""
    if context.invoked_subcommand is None:
        ask(context.obj, calls.TranscriptsList(), _show_list)


@command("list")
@click.option("--limit", type=Count(1, 100), default=20, show_default=True)
@click.option("--place", default="", help="Go on from here: what the last page says at its end.")
def _list(desk: Desk, limit: int, place: str) -> None:
    """List the transcripts, the last changed first."""
    ask(desk, calls.TranscriptsList(limit=limit, place=place), _show_list)


@command("show")
@click.argument("session_id")
@click.option("--first", type=Count(1), default=1, help="The entry to begin with.")
@click.option("--limit", type=Count(1, 100), default=100, show_default=True)
def _show(desk: Desk, session_id: str, first: int, limit: int) -> None:
    """Show what was said in a session."""
    asked = calls.TranscriptsShow(session_id=session_id, first=first, limit=limit)
    ask(desk, asked, show_page)


@command("erase")
@click.argument("session_id")
def _erase(desk: Desk, session_id: str) -> None:
    """Erase a transcript for good; the session itself goes on."""
    asked = calls.TranscriptsErase(session_id=session_id)
    ask(desk, asked, lambda it: f"The transcript of session {it.session_id} is erased.")


for _each in (_list, _show, search, export, keys, open_file, _erase):
    transcripts.add_command(_each)


def _show_list(found: answers.Transcripts) -> str:
    if not found.transcripts:
        return "No transcripts."
    rows = (
        (it.session_id, render.who(it.peer_name, it.peer) or "?", it.bytes, it.changed_at)
        for it in found.transcripts
    )
    listed = render.table(("SESSION", "PEER", "BYTES", "CHANGED"), rows)
    more = f"\nMore, of {found.total}: agentmesh transcripts list --place {found.next}"
    return listed + more * bool(found.next)
