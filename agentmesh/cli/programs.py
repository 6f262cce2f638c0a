"""Asking a program of ours that does what the command line itself must not: it handles keys."""

import subprocess
from collections.abc import Mapping, Sequence

from agentmesh.cli import passphrase, starting
from agentmesh.cli.desk import Desk


def said_by(
    desk: Desk,
    module: str,
    arguments: Sequence[str],
    seconds: float,
    handed: Mapping[str, str] | None = None,
) -> bytes:
    """Run a program of ours on this home and return what it says, whatever its exit code.

    `handed` is for its environment. Raises `subprocess.TimeoutExpired` when it takes too long.
    """
    environment = {**desk.environment, **(handed or {}), "AGENTMESH_HOME": str(desk.home)}
    return subprocess.run(  # noqa: S603 - our own program
        starting.command_line(module, arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=seconds,
        pass_fds=passphrase.handed_in(environment),
        env=environment,
        check=False,
    ).stdout
