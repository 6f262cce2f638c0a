"""A typed passphrase goes to the daemon through a pipe: never an argument, never a file."""

import getpass
import os
import sys
from collections.abc import Iterator, Mapping
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
    words = asked("Passphrase: ", twice=twice)
    take, give = os.pipe()
    try:
        os.write(give, words.encode() + b"\n")  # a pipe holds at least 4 KiB: this never waits
        os.close(give)
        yield {DESCRIPTOR: str(take)}
    finally:
        os.close(take)


def handed_in(environment: Mapping[str, str]) -> tuple[int, ...]:
    """Return the descriptor that a program of ours inherits, if there is one."""
    number = environment.get(DESCRIPTOR, "")
    if not (number.isascii() and number.isdigit()):
        return ()
    try:
        os.fstat(int(number))
    except (OSError, OverflowError):
        return ()  # the program says so itself
    return (int(number),)


def asked(prompt: str, *, twice: bool) -> str:
    """Ask for a passphrase on the terminal."""
    words = getpass.getpass(prompt)
    if twice and getpass.getpass("Once more: ") != words:
        raise UsageError("passphrases_differ", "The two passphrases are not the same.")
    return _checked(words)


def for_a_file(descriptor: int | None, *, twice: bool) -> str:
    """Return the passphrase of a file: from a descriptor, or asked for where somebody is there."""
    if descriptor is None:
        if not can_be_asked():
            raise UsageError(
                "passphrase_needed",
                "A passphrase is needed, and nobody is there to type it.",
                "Hand it in: --passphrase-fd N",
            )
        return asked("Passphrase of the file: ", twice=twice)
    try:
        with os.fdopen(os.dup(descriptor), "rb") as source:
            words = source.read(_MAX_BYTES + 2)
        return _checked(words.decode().removesuffix("\n").removesuffix("\r"))
    except (OSError, UnicodeDecodeError):
        raise UsageError(
            "passphrase_unreadable", f"No text can be read from descriptor {descriptor}."
        ) from None


def _checked(words: str) -> str:
    if not 0 < len(words.encode()) <= _MAX_BYTES:
        raise UsageError("invalid_passphrase", f"A passphrase has 1 to {_MAX_BYTES} bytes.")
    return words
