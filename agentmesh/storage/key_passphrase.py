"""Where a passphrase comes from without asking: a file descriptor, or a systemd credential.

Never an argument or an environment variable: those can be read by others.
"""

import os
import unicodedata
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from agentmesh.crypto.secret import Secret
from agentmesh.errors import NeedsOwner, UsageError

DESCRIPTOR = "AGENTMESH_PASSPHRASE_FD"
CREDENTIALS = "CREDENTIALS_DIRECTORY"
CREDENTIAL = "agentmesh-passphrase"
MAX_BYTES = 1024


def given_passphrase(environment: Mapping[str, str]) -> Secret | None:
    """Return the passphrase that was handed in, or None. A descriptor is read once and closed."""
    if DESCRIPTOR in environment:
        return _from_descriptor(environment[DESCRIPTOR])
    if CREDENTIALS in environment:
        return _from_credential(Path(environment[CREDENTIALS]) / CREDENTIAL)
    return None


def passphrase(typed: bytes) -> Secret:
    """Return a passphrase as it is used: no line end, the same letters from every keyboard."""
    line = typed.removesuffix(b"\n").removesuffix(b"\r")
    if not line:
        raise UsageError("passphrase_empty", "The passphrase is empty.")
    if len(line) > MAX_BYTES:
        raise UsageError("passphrase_too_long", f"A passphrase has at most {MAX_BYTES} bytes.")
    with suppress(UnicodeDecodeError):  # random bytes are taken as they are
        line = unicodedata.normalize("NFC", line.decode()).encode()
    return Secret(line)


def _from_descriptor(number: str) -> Secret:
    try:
        with os.fdopen(int(number), "rb") as source:
            typed = source.read(MAX_BYTES + 3)
    except (ValueError, OSError):
        raise UsageError(
            "passphrase_unreadable", f"{DESCRIPTOR} names no descriptor that can be read."
        ) from None
    return passphrase(typed)


def _from_credential(path: Path) -> Secret | None:
    try:
        with path.open("rb") as source:
            typed = source.read(MAX_BYTES + 3)
    except FileNotFoundError:
        return None
    except OSError:
        raise UsageError(
            "passphrase_unreadable", f"The credential {CREDENTIAL} cannot be read."
        ) from None
    return passphrase(typed)


def needed() -> NeedsOwner:
    """Return the error for keys that only a passphrase opens, and there is none."""
    return NeedsOwner(
        "passphrase_needed",
        "The private keys are under a passphrase.",
        "Hand it in through a descriptor (AGENTMESH_PASSPHRASE_FD) or a systemd credential"
        " (agentmesh-passphrase), or run the command on a terminal.",
    )
