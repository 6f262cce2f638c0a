"""The processes of a benchmark: each on its own, all of them gone when it ends."""

import contextlib
import os
import select
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

START_TIMEOUT = 60.0
STOP_TIMEOUT = 10.0

Process = subprocess.Popen[str]


@contextlib.contextmanager
def process(command: Sequence[str], log: Path, **variables: str) -> Iterator[Process]:
    """Run the command as long as the block lasts; what it complains about goes to the log."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"} | variables
    with log.open("ab") as complaints:
        running = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=environment,
            text=True,
            start_new_session=True,
        )
    try:
        yield running
    finally:
        _stop(running)


def _stop(running: Process) -> None:
    running.terminate()
    try:
        running.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait(STOP_TIMEOUT)
    if running.stdout:
        running.stdout.close()


def line(running: Process, within: float = START_TIMEOUT) -> str:
    """Return the next line the process prints, or say that none came."""
    if running.stdout is None:
        raise RuntimeError("its output is not read")
    if not select.select([running.stdout], [], [], within)[0]:
        raise RuntimeError(f"nothing printed within {within:.0f} s: {running.args!r}")
    text = running.stdout.readline()
    if not text:
        raise RuntimeError(f"it ended without a word: {running.args!r}")
    return text.strip()


def wait_for_port(port: int, within: float = START_TIMEOUT) -> None:
    """Wait until somebody listens on the port of this machine."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise RuntimeError(f"nobody listens on port {port}")


def free_port() -> int:
    """Return a port nobody listens on, for servers which cannot be asked for theirs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
