"""The command `doctor`: what is not as it should be, why that matters, and what mends it."""

import os
import subprocess
from collections.abc import Sequence

import click
import msgspec

from agentmesh import __version__
from agentmesh.cli import programs, render
from agentmesh.cli.checkup import process
from agentmesh.cli.desk import Desk, command, say
from agentmesh.control import calls
from agentmesh.errors import AgentMeshError, IntegrityError, NotRunning
from agentmesh.observability.checkup.ailment import Ailment
from agentmesh.observability.checkup.around import look_around
from agentmesh.observability.findings import Finding, told_once

AT_REST_SECONDS = 30.0
_WORDS = {"error": "ERROR", "warning": "warning", "note": "note"}


@command("doctor")
@click.option("--fix", is_flag=True, help="Do what mends it where that is safe; say what was done.")
def doctor(desk: Desk, *, fix: bool) -> None:
    """Examine this installation and its daemon.

    With --fix, places that others could read are closed and what a crash left behind is cleared
    away. Nothing is started, stopped or deleted that somebody could miss. Ends with 8 while
    something is an ERROR, with 0 if not.
    """
    found = _examine(desk)
    mended = _mend(found) if fix else []
    if mended:
        found = _examine(desk)
    told = told_once(it.finding for it in found)
    told.sort(key=lambda finding: list(_WORDS).index(finding.severity))
    healthy = all(finding.severity == "note" for finding in told)
    keys = {"healthy": healthy, "findings": msgspec.to_builtins(told)}
    if fix:
        keys["mended"] = [{"id": name, "did": did} for name, did in mended]
    done = [f"mended  {name}: {render.clean(did)}" for name, did in mended]
    shown = "\n".join([*done, _show(told)])
    errors = sum(finding.severity == "error" for finding in told)
    if not errors:
        desk.answer(keys, shown)
        return
    if not desk.as_json:
        say(shown)
    desk.fail(_unsound(errors), **keys)
    raise click.exceptions.Exit(8)


def _unsound(errors: int) -> IntegrityError:
    what = "1 finding is an error" if errors == 1 else f"{errors} findings are errors"
    fix = "Each names what mends it; what is safe to do is done by agentmesh doctor --fix"
    return IntegrityError("unsound", f"{what}.", fix)


def findings(desk: Desk) -> list[Finding]:
    """Return all that is not as it should be."""
    return told_once(it.finding for it in _examine(desk))


def _examine(desk: Desk) -> list[Ailment]:
    directory = desk.home
    heard = process.socket(directory)
    return [
        *look_around(directory, os.environ),
        *heard,
        *(_at_rest(desk) if heard and directory.is_dir() else _of_daemon(desk)),
    ]


def _mend(found: Sequence[Ailment]) -> list[tuple[str, str]]:
    """Do what is safe; return what was done, by finding."""
    done = []
    for finding, mend in found:
        if mend is not None:
            try:
                done.append((finding.id, mend()))
            except OSError as error:
                done.append((finding.id, f"It could not be mended: {error.strerror or error}."))
    return done


def _of_daemon(desk: Desk) -> list[Ailment]:
    try:
        with desk.client() as client:
            found = client.call(calls.Health()).findings
            version = client.call(calls.Status()).daemon.version
    except NotRunning:
        return []  # the look at the socket has said so
    except AgentMeshError as error:
        return [Ailment(Finding(error.code, "error", error.message, error.hint))]
    if version != __version__:
        why = f"The daemon is version {version}, this command {__version__}."
        fix = "agentmesh down && agentmesh up"
        found = [Finding("daemon_differs", "warning", why, fix), *found]
    return [Ailment(it) for it in found]


def _at_rest(desk: Desk) -> list[Ailment]:
    """Return what a program with the daemon's eyes sees of a home where no daemon is at work."""
    try:
        said = programs.said_by(desk, "agentmesh.daemon.at_rest", (), AT_REST_SECONDS)
        found = msgspec.json.decode(said, type=list[Finding])
    except (subprocess.TimeoutExpired, msgspec.MsgspecError, OSError):
        why = "Keys, settings and database could not be looked at."
        return [Ailment(Finding("examination_failed", "warning", why, "agentmesh doctor"))]
    return [Ailment(it) for it in found]


def _show(findings: Sequence[Finding]) -> str:
    return "\n".join(_lines(finding) for finding in findings) or "Everything is as it should be."


def _lines(finding: Finding) -> str:
    head = f"{_WORDS[finding.severity]}  {finding.id}: {finding.why}"
    return f"{render.clean(head)}\n  {render.clean(finding.fix)}"
