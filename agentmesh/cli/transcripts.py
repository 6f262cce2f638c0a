"""Commands on transcripts: what was said, session by session."""

import click

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, group
from agentmesh.control import answers, calls

_HEADS = {"received": "from", "sent": "to", "opened": "session with", "closed": "session with"}


@group("transcripts")
def transcripts(context: click.Context) -> None:
    """List the sessions of which there is a transcript, or read one."""
    if context.invoked_subcommand is None:
        context.obj.ask(calls.TranscriptsList(), _show_list)


@command("list")
@click.option("--limit", type=click.IntRange(1, 100), default=20, show_default=True)
def _list(desk: Desk, limit: int) -> None:
    """List the transcripts, the last changed first."""
    desk.ask(calls.TranscriptsList(limit=limit), _show_list)


@command("show")
@click.argument("session_id")
@click.option("--first", type=click.IntRange(1), default=1, help="The entry to begin with.")
@click.option("--limit", type=click.IntRange(1, 100), default=100, show_default=True)
def _show(desk: Desk, session_id: str, first: int, limit: int) -> None:
    """Show what was said in a session."""
    asked = calls.TranscriptsShow(session_id=session_id, first=first, limit=limit)
    desk.ask(asked, _show_page)


for _each in (_list, _show):
    transcripts.add_command(_each)


def _show_list(found: answers.Transcripts) -> str:
    if not found.transcripts:
        return "No transcripts."
    rows = (
        (it.session_id, render.who(it.peer_name, it.peer) or "?", it.bytes, it.changed_at)
        for it in found.transcripts
    )
    listed = render.table(("SESSION", "PEER", "BYTES", "CHANGED"), rows)
    rest = found.total - len(found.transcripts)
    return f"{listed}\n{rest} older: --limit" if rest > 0 else listed


def _show_page(page: answers.Transcript) -> str:
    told = [_paragraph(it) for it in page.entries]
    last = page.entries[-1].number if page.entries else page.total
    if last < page.total:
        told.append(f"{page.total - last} more: --first {last + 1}")
    else:
        told += _end(page)
    return "\n\n".join(told) or "Nothing was said."


def _end(page: answers.Transcript) -> list[str]:
    """Return what has to be known about the end of a transcript."""
    if page.damaged_at is not None:
        return [
            f"DAMAGED: record {page.damaged_at} does not open. It was changed, moved or broken; "
            "it and what follows cannot be read."
        ]
    if page.torn:
        return ["The last record is cut short: a crash, or it is being written just now."]
    return []


def _paragraph(it: answers.Entry) -> str:
    who = render.who(it.peer_name, it.peer)
    head = f"{it.number}  {it.at}  {_HEADS.get(it.kind, it.kind)} {who}"
    if it.kind in ("opened", "closed"):
        suite = f" under {it.type}" if it.type else ""
        return render.clean(f"{head} {it.kind}{suite}")
    said = render.paragraph(render.words(it.payload)) if it.payload is not None else ""
    return "\n".join(filter(None, [render.clean(f"{head}  {it.type}"), said]))
