"""The command `transcripts search`: piece by piece, until enough is found or nothing is left."""

import sys

import click
import msgspec

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, note
from agentmesh.cli.figure import Count
from agentmesh.cli.records.asking import Records
from agentmesh.cli.records.times import moment
from agentmesh.control import answers, calls

_MIB = 1024 * 1024


@command("search")
@click.argument("text")
@click.option("--peer", default="", help="Only what was said with this peer.")
@click.option("--since", default="", help="From then on: 7d, 12h, 2026-01-31.")
@click.option("--limit", type=Count(1, 100), default=20, show_default=True)
@click.option("--place", default="", help="Where an earlier search said that it goes on.")
def search(desk: Desk, text: str, **given: object) -> None:
    """Find messages that have all the words, and "phrases in quotes", in any case."""
    limit, place = int(str(given["limit"])), str(given["place"])
    peer, since = str(given["peer"]), moment(str(given["since"]))
    hits: list[answers.Hit] = []
    damaged: list[str] = []
    searched = 0
    with Records(desk) as records:
        while True:
            asked = calls.TranscriptsSearch(
                text=text, peer=peer, since=since, place=place, limit=limit - len(hits)
            )
            found = records.call(asked)
            hits += found.hits
            damaged += found.damaged
            searched += found.searched
            place = found.next
            if not place or len(hits) >= limit:
                break
            if sys.stderr.isatty():
                note(f"{searched // _MIB} MiB searched, {found.left // _MIB} MiB left ...")
    keys = {
        "hits": msgspec.to_builtins(hits),
        "next": place,
        "searched": searched,
        "left": found.left,
        "damaged": damaged,
    }
    desk.answer(keys, _show(hits, place, damaged))


def _show(hits: list[answers.Hit], place: str, damaged: list[str]) -> str:
    told = [_paragraph(hit) for hit in hits]
    told += [f"Damaged, and not read to its end: session {it}" for it in damaged]
    if place:
        told.append(f"There may be more: --place {place}")
    return "\n".join(told) or "Nothing was found."


def _paragraph(hit: answers.Hit) -> str:
    way = "to" if hit.kind == "sent" else "from"
    who = render.who(hit.peer_name, hit.peer)
    head = f"{hit.at}  {way} {who}  session {hit.session_id}, entry {hit.number}"
    return f"{render.clean(head)}\n  {render.clean(hit.snippet)}"
