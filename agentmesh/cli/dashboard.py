"""The command `dashboard`: lets the owner's browser in."""

import contextlib
import os
from pathlib import Path

import click

from agentmesh.cli.desk import Desk, command
from agentmesh.cli.figure import Count
from agentmesh.control import calls
from agentmesh.errors import UsageError
from agentmesh.tools import browser

REDIRECT = "dashboard.html"
_LEADS = """<!doctype html>
<meta charset="utf-8">
<meta name="referrer" content="no-referrer">
<meta http-equiv="refresh" content="0; url={url}">
<title>AgentMesh</title>
<p><a href="{url}">Open the dashboard</a></p>
"""
_ONCE = "It lets one tab in, once, within a minute."


@command("dashboard")
@click.option(
    "--port", type=Count(0, 65535), help="Another port than dashboard_port; 0: a free one."
)
@click.option("--view", is_flag=True, help="A tab that only looks.")
@click.option("--no-open", is_flag=True, help="Print the address, and open no browser.")
@click.option("--close", is_flag=True, help="Close the dashboard, and throw every tab out.")
def dashboard(desk: Desk, *, port: int | None, view: bool, no_open: bool, close: bool) -> None:
    """Open the owner's dashboard in the browser.

    It listens on this machine alone, from now until the daemon ends.
    """
    if close:
        if port is not None or view or no_open:
            raise UsageError("usage_error", "--close stands alone.")
        desk.ask(calls.DashboardClose(), lambda it: f"The dashboard is closed; {it.ended} were in.")
        return
    with desk.client() as client:
        opened = client.call(calls.DashboardOpen(scope="view" if view else "control", port=port))
    is_shown = not no_open and show(desk, opened.url)
    keys = {
        "url": opened.url,
        "scope": opened.scope,
        "expires_at": opened.expires_at,
        "opened": is_shown,
    }
    where = "Your browser shows it. If it does not:" if is_shown else "Open this in your browser:"
    desk.answer(keys, f"{where} {opened.url}\n{_ONCE}")


def show(desk: Desk, url: str) -> bool:
    """Lead the browser there, by a file that only the owner reads; return whether it was opened.

    What a program is started with, everybody on the machine can see.
    """
    if not browser.has_desktop(desk.environment):
        return False
    from html import escape  # noqa: PLC0415 - only here

    try:
        path = _written(desk.home / "run" / REDIRECT, _LEADS.format(url=escape(url)))
    except OSError:
        return False
    return browser.show(path.as_uri(), desk.environment)


def _written(path: Path, text: str) -> Path:
    """Put the file in place of the one before, whatever that was; it was never open to others."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o600), "w") as file:
        file.write(text)
    return path
