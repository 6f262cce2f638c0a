"""How an entry of a transcript, and a page of them, look on a terminal."""

from agentmesh.cli import render
from agentmesh.control import answers

_HEADS = {"received": "from", "sent": "to", "opened": "session with", "closed": "session with"}


def show_page(page: answers.Transcript) -> str:
    told = [paragraph(it) for it in page.entries]
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
            f"DAMAGED: entry {page.damaged_at} does not open. It was changed, moved or broken; "
            "it and what follows cannot be read."
        ]
    if page.torn:
        return ["The last record is cut short: a crash, or it is being written just now."]
    return []


def paragraph(it: answers.Entry) -> str:
    who = render.who(it.peer_name, it.peer)
    head = f"{it.number}  {it.at}  {_HEADS.get(it.kind, it.kind)} {who}"
    if it.kind in ("opened", "closed"):
        suite = f" under {it.type}" if it.type else ""
        return render.clean(f"{head} {it.kind}{suite}")
    said = render.paragraph(render.words(it.payload)) if it.payload is not None else ""
    return "\n".join(filter(None, [render.clean(f"{head}  {it.type}"), said]))
