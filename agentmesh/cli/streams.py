"""stdin, stdout and stderr of a command, as odd as a shell may hand them in."""

import os
import select
import signal
import sys

from agentmesh.cli.desk import note
from agentmesh.errors import AgentMeshError, StorageError

BROKEN_PIPE = 141
_UNWRITTEN = 8


def fill_gaps() -> None:
    """Put the null device where there is no stream: a socket of ours would get its number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115


def hear_interrupts() -> None:
    """Take Ctrl-C as an exception from now on, unless whoever started us ignores it."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def check_reader() -> None:
    """Raise `BrokenPipeError` if stdout is a pipe that nobody reads any more."""
    _watch_reader(select.poll(), 0)


def wait_for(descriptor: int) -> None:
    """Wait until there is something to read there; raise as `check_reader` does meanwhile."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    _watch_reader(poll, None)


def _watch_reader(poll: select.poll, milliseconds: int | None) -> None:
    poll.register(1, 0)
    if dict(poll.poll(milliseconds)).get(1, 0) & select.POLLERR:
        raise BrokenPipeError


def failure(error: OSError) -> StorageError:
    """Return the sentence about a file, or a stream, that failed."""
    place = f"{error.filename}: " if error.filename else "Reading or writing failed: "
    return StorageError("io_failed", f"{place}{error.strerror or 'no reason is known'}.")


def last_words(error: AgentMeshError) -> None:
    """Say on stderr what stdout did not take."""
    note(f"Error: {error.message}")
    if error.hint:
        note(error.hint)


def closed(code: int) -> int:
    """Write what is left on stdout; return the exit code, another one if that failed."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        code = BROKEN_PIPE
    except OSError:
        code = code or _UNWRITTEN
    else:
        if code != BROKEN_PIPE:
            return code
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the interpreter flushes once more
    return code
