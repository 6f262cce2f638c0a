"""Running a program of the owner's: no shell, a small environment, an end."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence

NOT_STARTED = 127
ENDED_BY_US = -9
REAP_SECONDS = 2.0
MAX_PROGRAMS = 8
"""So many at a time; more wait."""

# What a desktop's programs need. Nothing of ours: a passphrase may be among it.
HANDED_ON = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XAUTHORITY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "AGENTMESH_HOME",
)


class Programs:
    """Starts programs with what is handed on of this environment."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = {name: environment[name] for name in HANDED_ON if name in environment}
        self._room = asyncio.Semaphore(MAX_PROGRAMS)

    async def run(self, argv: Sequence[str], seconds: float) -> int:
        """Run a program and return its exit code; one that takes longer is ended with its children.

        A program that cannot be started has the exit code that a shell gives it.
        """
        async with self._room:
            try:
                process = await asyncio.create_subprocess_exec(
                    *argv,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=asyncio.subprocess.DEVNULL,
                    env=self._environment,
                    cwd="/",
                    start_new_session=True,
                )
            except (OSError, ValueError):
                return NOT_STARTED
            return await _awaited(process, seconds)


async def _awaited(process: asyncio.subprocess.Process, seconds: float) -> int:
    try:
        async with asyncio.timeout(seconds):
            return await process.wait()
    except TimeoutError:
        return ENDED_BY_US
    finally:
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(REAP_SECONDS):
                    await process.wait()
