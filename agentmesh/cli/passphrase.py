"""A typed passphrase goes to the daemon through a pipe: never an argument, never a file."""

import getpass
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from agentmesh.errors import UsageError

DESCRIPTOR = "AGENTMESH_PASSPHRASE_FD"
_MAX_BYTES = 1024


def can_be_asked() -> bool:
    """Whether somebody is there to type it."""
    return sys.stdin.isatty()


@contextmanager
def typed(*, twice: bool) -> Iterator[dict[str, str]]:
    """Ask for it; yield what to add to the daemon's environment."""
    words = getpass.getpass("Passphrase: ")
    if twice and getpass.getpass("Once more: ") != words:
        raise UsageError("passphrases_differ", "The two passphrases are not the same.")
    if not 0 < len(words.encode()) <= _MAX_BYTES:
        raise UsageError("invalid_passphrase", f"A passphrase has 1 to {_MAX_BYTES} bytes.")
    take, give = os.pipe()
    try:
        os.write(give, words.encode() + b"\n")  # a pipe holds at least 4 KiB: this never waits
        os.close(give)
        yield {DESCRIPTOR: str(take)}
    finally:
        os.close(take)
