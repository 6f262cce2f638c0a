"""Going on with what comes: a log into its next file, events over the daemon's next start."""

import time
from collections.abc import Iterator
from pathlib import Path

from agentmesh.cli import streams
from agentmesh.cli.desk import Desk, note
from agentmesh.control import answers, calls
from agentmesh.errors import NotRunning, TimedOut

PAUSE_SECONDS = 0.3
BACK_SECONDS = 1.0
_CHUNK = 1024 * 1024


def events(desk: Desk, request: calls.EventsSubscribe) -> Iterator[answers.Event]:
    """Yield what happens until somebody ends us; a daemon that is not there at first is an error.

    What happens while it is away is little more than its start; the audit log has that.
    """
    yield from _until_gone(desk, request)
    while True:
        note("The daemon has ended; waiting for its next start. Ctrl-C ends this.")
        while not _is_back(desk):
            time.sleep(BACK_SECONDS)
            streams.check_reader()
        note("The daemon is back.")
        yield from _until_gone(desk, request)


def new_lines(path: Path) -> Iterator[str]:
    """Yield whole lines that are added to a file from now on, and those of the file after it."""
    inode, position = _place(path)
    rest = b""
    while True:
        time.sleep(PAUSE_SECONDS)
        streams.check_reader()  # else we would go on until a line comes
        now, size = _place(path)
        if now != inode or size < position:
            inode, position, rest = now, 0, b""
        while position < size and (chunk := _read(path, position)):
            position += len(chunk)
            *lines, rest = (rest + chunk).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)


def _until_gone(desk: Desk, request: calls.EventsSubscribe) -> Iterator[answers.Event]:
    """Yield events until the daemon hangs up; raise if it is not there."""
    with desk.client() as client:
        try:
            yield from client.events(request, streams.wait_for)
        except NotRunning as error:
            if error.code == "not_running":
                raise


def _is_back(desk: Desk) -> bool:
    try:
        with desk.client() as client:
            client.call(calls.Hello())
    except (NotRunning, TimedOut):
        return False
    return True


def _place(path: Path) -> tuple[int, int]:
    """Return which file it is, and how large."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_ino, found.st_size


def _read(path: Path, position: int) -> bytes:
    try:
        with path.open("rb") as log:
            log.seek(position)
            return log.read(_CHUNK)
    except OSError:
        return b""
