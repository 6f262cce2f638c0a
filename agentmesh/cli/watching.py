"""Commands that look: status, logs, events."""

import itertools
from collections import deque
from pathlib import Path

import click
import msgspec

from agentmesh.cli import following, render
from agentmesh.cli.desk import Desk, command, note, say
from agentmesh.cli.figure import Count
from agentmesh.control import answers, calls
from agentmesh.errors import UsageError

_follow = click.option("--follow", is_flag=True, help="Go on with what comes; Ctrl-C ends it.")


@command("status")
def status(desk: Desk) -> None:
    """Show who we are and how we are."""
    desk.ask(calls.Status(), _show_status)


@command("logs")
@click.option("--lines", type=Count(1, 1000), default=50, show_default=True)
@click.option("--audit", is_flag=True, help="The audit log instead of the daemon's own.")
@_follow
def logs(desk: Desk, *, lines: int, audit: bool, follow: bool) -> None:
    """Show the end of the daemon's log, whether it runs or not."""
    if audit:
        if follow:
            raise UsageError(
                "usage_error",
                "The audit log cannot be followed.",
                "Use `agentmesh events --follow`.",
            )
        desk.ask(calls.Logs(limit=lines), _show_records)
        return
    path = desk.home / "logs" / "daemon.log"
    told = last_lines(path, lines)
    if not told and not desk.as_json:
        note(f"{path} is empty: nothing was logged yet.")
    if not follow:
        desk.answer({"path": str(path), "lines": told}, "\n".join(map(render.clean, told)))
        return
    for line in itertools.chain(told, following.new_lines(path)):
        desk.answer({"line": line}, render.clean(line))


@command("events")
@click.option("--kind", "kinds", multiple=True, help="Only these kinds; may be repeated.")
@_follow
def events(desk: Desk, *, kinds: tuple[str, ...], follow: bool) -> None:
    """Show what happens, as it happens, over restarts of the daemon."""
    if not follow:
        raise UsageError("usage_error", "Events only come as they happen.", "Add --follow.")
    for event in following.events(desk, calls.EventsSubscribe(kinds=list(kinds))):
        if desk.as_json:
            desk.write_raw(msgspec.json.encode(event))
        else:
            facts = (f"{name}={it}" for name, it in event.data.items() if it is not None)
            say(render.clean(f"{event.at}  {event.kind}  {' '.join(facts)}"))


def _show_status(it: answers.Status) -> str:
    state = "stopped" if it.stopped else "paused" if it.paused else "taking knocks"
    lines = render.pairs(
        [
            ("agent", render.who(it.name, it.amid)),
            ("tier", it.tier),
            *_certificate(it.certificate),
            ("daemon", f"pid {it.daemon.pid}, up {render.duration(it.daemon.uptime_seconds)}"),
            ("relay", f"{it.relay.state}  {it.relay.url}"),
            ("registry", f"{it.registry.state}  {it.registry.url}"),
            ("inbox", f"{it.inbox.unread} unread"),
            ("outbox", f"{it.outbox.pending} on their way"),
            ("knocks", f"{it.knocks.pending} waiting for you, {state}"),
            ("prekeys", f"{it.prekeys.one_time} left"),
        ]
    )
    warnings = "".join(f"\nWarning: {render.clean(warning)}" for warning in it.warnings)
    rest = it.sessions_total - len(it.sessions)
    more = f"\n{rest} more: agentmesh sessions" if rest else ""
    return f"{lines}\n{render.sessions(it.sessions)}{more}{warnings}"


def _show_records(found: answers.Logs) -> str:
    records = (msgspec.json.encode(record).decode() for record in found.records)
    return "\n".join(map(render.clean, records)) or "No records."


def last_lines(path: Path, count: int) -> list[str]:
    """Return the end of a text file; empty if there is none."""
    try:
        with path.open(errors="replace") as log:
            return [line.rstrip("\n") for line in deque(log, count)]
    except FileNotFoundError:
        return []


def _certificate(it: answers.Certified | None) -> list[tuple[str, str]]:
    if it is None:
        return []
    whose = it.organization or "verified owner"
    return [("certificate", f"{whose}: tier {it.tier:g}, until {it.expires_at}")]
