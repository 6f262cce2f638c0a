"""The command `netcheck`: the way to relay and registry, step by step.

The steps are taken by a program of its own, since this one knows the control socket only; what
needs our keys is asked of the daemon where one runs, and done by that program otherwise.
"""

import subprocess
from typing import Any

import click
import msgspec

from agentmesh.cli import programs, render, starting
from agentmesh.cli.desk import Desk, command, say
from agentmesh.control import answers, calls
from agentmesh.errors import AgentMeshError, NotRunning, TimedOut, TransportError

SECONDS = 120.0
"""Each step has a bound of its own; all together stay far below this one."""
PROGRAM = "agentmesh.daemon.netcheck"


@command("netcheck")
@click.option("--relay", metavar="URL", help="Another relay than the one in use.")
@click.option("--registry", metavar="URL", help="Another registry than the one in use.")
def netcheck(desk: Desk, *, relay: str | None, registry: str | None) -> None:
    """Look at the way to relay and registry.

    Names, connections, certificates, clocks, round trips, and whether they know us. Ends with 0 if
    both can be reached, with 75 if not.
    """
    probed = _probed(desk)
    report = _report(desk, relay, registry, as_ourselves=probed is None)
    if probed is not None:
        _add(report["relay"], "authenticated", probed.relay)
        _add(report["registry"], "signed_read", probed.registry)
        report["reachable"] = report["relay"]["reachable"] and report["registry"]["reachable"]
    if report["reachable"]:
        desk.answer(report, _show(report))
        return
    if not desk.as_json:
        say(_show(report))
    first = next(it for way in _ways(report) for it in way["steps"] if it["state"] == "failed")
    desk.fail(TransportError("not_reachable", first["why"], first["fix"]), **report)
    raise click.exceptions.Exit(75)


def _probed(desk: Desk) -> answers.Probed | None:
    """Return what the daemon sees of its own connections; None if there is none to ask."""
    try:
        with desk.client() as client:
            return client.call(calls.Probe())
    except (NotRunning, TimedOut):
        return None


def _report(
    desk: Desk, relay: str | None, registry: str | None, *, as_ourselves: bool
) -> dict[str, Any]:
    arguments = ["--as-ourselves"] if as_ourselves else []
    for name, url in (("--relay", relay), ("--registry", registry)):
        arguments += [name, url] if url else []
    try:
        said = programs.said_by(desk, PROGRAM, arguments, SECONDS)
        report = msgspec.json.decode(said, type=dict[str, Any])
    except subprocess.TimeoutExpired:
        raise TimedOut("netcheck_timed_out", "The steps took too long.", "Try again.") from None
    except msgspec.MsgspecError:
        raise AgentMeshError("netcheck_failed", "The steps could not be taken.") from None
    if "error" in report:
        raise starting.error_in(report["error"])
    return report


def _add(way: dict[str, Any], name: str, probed: answers.ProbedLink) -> None:
    """Put what the daemon sees in the place of the step that was left to it."""
    if probed.url != way["url"]:
        return  # another service was asked for: the daemon says nothing about that one
    step = {
        "name": name,
        "state": "failed" if probed.code else "ok",
        "milliseconds": None,
        "facts": {"by": "daemon", "p50_ms": probed.p50_ms, "count": probed.count},
        "why": probed.why,
        "fix": probed.fix,
    }
    way["steps"] = [it for it in way["steps"] if it["name"] != name] + [step]
    way["reachable"] = all(it["state"] != "failed" for it in way["steps"])


def _ways(report: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return report["relay"], report["registry"]


def _show(report: dict[str, Any]) -> str:
    lines = []
    for name, way in zip(("relay", "registry"), _ways(report), strict=True):
        reached = "reachable" if way["reachable"] else "NOT REACHABLE"
        lines.append(f"{name}  {render.clean(way['url'])}  {reached}")
        lines += [line for step in way["steps"] for line in _step(step)]
    if report["environment"]:
        lines.append("environment")
        lines += [f"  {render.clean(f'{k}={v}')}" for k, v in report["environment"].items()]
    return "\n".join(lines)


def _step(step: dict[str, Any]) -> list[str]:
    taken = "" if step["milliseconds"] is None else f"{step['milliseconds']:.1f} ms"
    known = ((name, it) for name, it in step["facts"].items() if it not in ([], None))
    facts = ", ".join(f"{name} {_plain(it)}" for name, it in known)
    head = f"  {step['name']:<14}{step['state']:<9}{taken:<11}{facts}".rstrip()
    words = [step["why"], step["fix"]] if step["state"] == "failed" else [step["why"]]
    return [render.clean(head), *(f"      {render.clean(word)}" for word in words if word)]


def _plain(fact: object) -> str:
    return " ".join(map(str, fact)) if isinstance(fact, list) else str(fact)
