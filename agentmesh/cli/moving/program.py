"""Running the program that moves a home in: it handles keys, which the command line does not."""

import subprocess
from typing import Any

import msgspec

from agentmesh.cli import passphrase, programs, starting
from agentmesh.cli.desk import Desk
from agentmesh.errors import AgentMeshError, TimedOut

SECONDS = 60.0
PROGRAM = "agentmesh.daemon.moving"


def run(desk: Desk, arguments: list[str]) -> dict[str, Any]:
    """Return the program's report, or raise what it says is wrong."""
    try:
        return _once(desk, arguments, {})
    except AgentMeshError as error:
        if error.code != "passphrase_needed" or not passphrase.can_be_asked():
            raise
    with passphrase.typed(twice=True) as handed:
        return _once(desk, arguments, handed)


def _once(desk: Desk, arguments: list[str], handed: dict[str, str]) -> dict[str, Any]:
    try:
        said = programs.said_by(desk, PROGRAM, arguments, SECONDS, handed)
        report = msgspec.json.decode(said, type=dict[str, Any])
    except subprocess.TimeoutExpired:
        raise TimedOut("import_timed_out", "Moving in took too long.", "Try again.") from None
    except msgspec.MsgspecError:
        raise AgentMeshError("import_failed", "Moving in came to nothing.") from None
    if "error" in report:
        raise starting.error_in(report["error"])
    return report
