"""How people see it: plain tables, safe to print.

What peers and registries wrote never reaches a terminal with its control characters.
"""

import math
import os
import sys
from collections.abc import Iterable, Sequence

from msgspec import UNSET

from agentmesh.control import answers

MAX_CELL = 60
MAX_PROGRESS = 100
TRUST = ("unknown", "verified key", "trusted", "allied")
"""Levels as people see them: `verified` alone would pass for a number that was compared."""
_LEFT, _RIGHT = "(\uff08\u207d\u208d\u2768\ufe59\u2e28", ")\uff09\u207e\u208e\u2769\ufe5a\u2e29"
_BRACKETS = str.maketrans(_LEFT + _RIGHT, "[" * len(_LEFT) + "]" * len(_RIGHT))
"""Round ones, and what looks like them."""


def clean(text: str) -> str:
    """Return `text` on one line, without control, bidi or invisible characters."""
    return text if text.isprintable() else "".join(_visible(letter) for letter in text)


def lines(text: str) -> str:
    """Return lines of ours as they are, each without such characters."""
    return "\n".join(map(clean, text.split("\n")))


def paragraph(text: str, indent: str = "  ") -> str:
    """Return a text of several lines, each behind `indent`, so that none passes for one of ours."""
    return "\n".join(indent + clean(line) for line in text.splitlines())


def table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return columns under their titles, or a paragraph a row where not all columns have room."""
    shown = [list(titles), *([_cell(cell) for cell in row] for row in rows)]
    widths = [max(columns(line[column]) for line in shown) for column in range(len(titles))]
    if sum(widths[:-1]) + 2 * len(widths[:-1]) > _room():
        return "\n\n".join(pairs(_filled(titles, row)) for row in shown[1:])
    padded = ("  ".join(map(_padded, line, widths)).rstrip() for line in shown)
    return "\n".join(padded)


def _filled(titles: Sequence[str], row: Sequence[str]) -> Iterable[tuple[str, str]]:
    return ((title, cell) for title, cell in zip(titles, row, strict=True) if cell)


def _room() -> float:
    """Return how many columns stdout has: without end where it is no terminal."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or math.inf
    except OSError:  # a file, a pipe, or nothing that has a number
        return math.inf


def columns(text: str) -> int:
    """Return how many columns of a terminal a cleaned text takes."""
    if text.isascii():
        return len(text)
    import unicodedata  # noqa: PLC0415 - only for other scripts

    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    marks = sum(unicodedata.category(letter) in {"Mn", "Me"} for letter in text)
    return len(text) + wide - marks


def _padded(text: str, width: int) -> str:
    return text + " " * (width - columns(text))


def pairs(rows: Iterable[tuple[str, object]]) -> str:
    """Return names and their values, one a line."""
    named = [(name, clean(str(value))) for name, value in rows]
    width = max((len(name) for name, _ in named), default=0)
    return "\n".join(f"{name:<{width}}  {value}".rstrip() for name, value in named)


def many(count: int, one: str, more: str = "") -> str:
    """Return a number and what it counts: 1 agent, 2 agents."""
    return f"{count} {one if count == 1 else more or one + 's'}"


def duration(seconds: float) -> str:
    """Return how long, as `3 d 4 h` or `12 s`."""
    left = int(seconds)
    parts = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts[:2]) or "0 s"


def who(name: str, amid: str) -> str:
    """Return a peer's name with its AMID, which alone proves anything.

    Whatever the name says: what stands in round brackets is the AMID, and no cell cuts it off.
    """
    if not name:
        return amid
    room = MAX_CELL - len(amid) - 3
    shown = name.translate(_BRACKETS)
    return f"{shown if len(shown) <= room else shown[: room - 1] + '…'} ({amid})"


def quoted(text: str) -> str:
    """Return somebody else's words in quotes, which they cannot end."""
    return '"' + clean(text).replace('"', "'") + '"'


def sessions(found: Sequence[answers.Session]) -> str:
    """Return a table of sessions."""
    if not found:
        return "No sessions."
    rows = (
        (it.session_id, who(it.peer_name, it.peer), it.intent, _state(it), it.expires_at)
        for it in found
    )
    vouchers = [
        "\n" + clean(f"{who(it.peer_name, it.peer)}: {vouched(it.vouched)}")
        for it in found
        if it.vouched
    ]
    listed = table(("SESSION", "PEER", "INTENT", "STATE", "UNTIL"), rows)
    return listed + "".join(dict.fromkeys(vouchers))


def _state(it: answers.Session) -> str:
    return f"{it.state}, degraded: {it.suite}" if it.degraded else it.state


def message(it: answers.Message) -> str:
    """Return a message with a line on where it comes from."""
    head = f"{it.message_id}  {it.received_at}  {it.type} from {who(it.from_name, it.sender)}"
    noted = remarks(it)
    said = f"{clean(head)}, {compared(it.verified)}\n{paragraph(words(it.payload))}"
    return f"{said}\n{noted}" if noted else said


def compared(yes: bool) -> str:  # noqa: FBT001 - it is what the words say
    """Return whether the owner compared the safety number, in words."""
    return "number compared" if yes else "number not compared"


def remarks(it: answers.Message) -> str:
    """Return what our daemon noted beside a message."""
    warned = [] if it.warnings is UNSET else [f"Warning: {word}" for word in it.warnings]
    wrong = "" if it.schema_problems is UNSET else problems(it.schema_problems)
    return "\n".join(filter(None, [*warned, wrong]))


def problems(found: Sequence[answers.Problem]) -> str:
    """Return what does not fit a schema, one problem a line."""
    return "\n".join(clean(f"Does not fit {it.schema}: {it.path}: {it.message}") for it in found)


def progress(it: answers.Progress) -> str:
    """Return how far a request has come, on one line."""
    left = it.estimated_completion_seconds
    when = "" if left is None else f", {duration(left)} left"
    said = ": ".join(filter(None, [it.phase, it.message]))
    return clean(f"{it.progress:4.0%}{when}  {said}".rstrip())[:MAX_PROGRESS]


def words(payload: object) -> str:
    """Return a payload as people read it; it is not cleaned yet."""
    if isinstance(payload, str):
        return payload
    if isinstance(payload, dict) and set(payload) == {"text"}:
        return str(payload["text"])
    import json  # noqa: PLC0415 - only for payloads that are not text

    return json.dumps(payload, indent=2)


def _cell(value: object) -> str:
    text = clean(str(value))
    return text if len(text) <= MAX_CELL else text[: MAX_CELL - 1] + "…"


def _visible(letter: str) -> str:
    if letter == "\t":
        return " "
    return letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}"


def vouched(it: answers.VouchedFor) -> str:
    """Return who vouches for a peer, in a sentence."""
    if it.certificate == "valid":
        until = f" until {it.expires_at}" if it.expires_at else ""
        whose = f"The organisation {it.organization}" if it.organization else "A verified owner"
        return f"{whose} answers for it: tier {it.tier:g}, by a certificate{until}."
    if it.certificate == "none":
        if it.tier == 2:
            return "Nobody vouches for it: tier 2."
        whose = f" and of {quoted(it.organization)}" if it.organization else ""
        return f"The registry says that it is of tier {it.tier:g}{whose}; there is no certificate."
    return f"Its certificate does not count: {it.certificate}."
