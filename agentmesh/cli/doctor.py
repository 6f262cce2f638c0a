"""The command `doctor`: what is not as it should be, why that matters, and what mends it."""

from collections.abc import Sequence

import msgspec

from agentmesh.cli import local_checks, render
from agentmesh.cli.desk import Desk, command
from agentmesh.control import calls
from agentmesh.errors import AgentMeshError, NotRunning
from agentmesh.observability.findings import Finding

_WORDS = {"error": "ERROR", "warning": "warning", "note": "note"}


@command("doctor")
def doctor(desk: Desk) -> None:
    """Examine this installation and its daemon."""
    home = desk.home
    unheard = local_checks.socket(home)
    findings = [
        *local_checks.python(),
        *local_checks.home(home),
        *local_checks.disk(home),
        *unheard,
        *(local_checks.database(home) if unheard else []),
        *_of_daemon(desk),
    ]
    findings.sort(key=lambda finding: list(_WORDS).index(finding.severity))
    healthy = all(finding.severity == "note" for finding in findings)
    keys = {"healthy": healthy, "findings": msgspec.to_builtins(findings)}
    desk.answer(keys, _show(findings))


def _of_daemon(desk: Desk) -> list[Finding]:
    try:
        with desk.client() as client:
            return client.call(calls.Health()).findings
    except NotRunning:
        return []  # the local checks have said so
    except AgentMeshError as error:
        return [Finding(error.code, "error", error.message, error.hint)]


def _show(findings: Sequence[Finding]) -> str:
    return "\n".join(_lines(finding) for finding in findings) or "Everything is as it should be."


def _lines(finding: Finding) -> str:
    head = f"{_WORDS[finding.severity]}  {finding.id}: {finding.why}"
    return f"{render.clean(head)}\n  {render.clean(finding.fix)}"
