"""What `status` and `doctor` say about the files in `keys/`. Nothing here opens a key."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from agentmesh.errors import AgentMeshError, UsageError
from agentmesh.observability.findings import Finding
from agentmesh.storage import key_sealing
from agentmesh.storage.draft_keys import PUBLIC
from agentmesh.storage.key_access import DIRECTORY_MODE, FILE_MODE, read_private
from agentmesh.storage.key_files import SEALED
from agentmesh.storage.key_keyring import Keyring

RESTART = "agentmesh down; agentmesh up"
FILE_NOTICE = Finding(
    "keys_in_file",
    "warning",
    "The private keys are kept in a file that only its mode protects, as ssh keeps its own: a"
    " thief of the disk or of a backup has them.",
    "agentmesh down; agentmesh keygen --key-storage passphrase && agentmesh up",
)


def check_keys(directory: Path) -> list[Finding]:
    """Return what is wrong with the key files, the worst first."""
    sealed = directory / SEALED
    if not os.path.lexists(sealed):
        why = "There are no keys yet."
        return [Finding("keys_missing", "note", why, "agentmesh up")]
    findings = [*_others_in(directory, DIRECTORY_MODE), *_others_in(sealed, FILE_MODE)]
    if not findings:
        findings += _content(sealed)
    if not (directory / PUBLIC).is_file():
        why = f"{PUBLIC} is missing; the next start writes it again."
        findings.append(Finding("identity_json_missing", "note", why, RESTART))
    return findings


def check_keyring(directory: Path, keyring: Keyring) -> list[Finding]:
    """Return whether keys that hang on the system's keyring can be opened with it now."""
    try:
        keys = key_sealing.decode(read_private(directory / SEALED, key_sealing.MAX_BYTES))
        if keys.lock.storage != "keyring" or keyring.read(keys.amid) is not None:
            return []
    except UsageError as error:
        return [Finding("keyring_unavailable", "error", error.message, error.hint)]
    except AgentMeshError:
        return []  # `check_keys` says so
    why = "The system's keyring no longer holds the key to our keys."
    return [Finding("keyring_unavailable", "error", why, "agentmesh restore FILE")]


def _content(sealed: Path) -> Iterator[Finding]:
    try:
        keys = key_sealing.decode(read_private(sealed, key_sealing.MAX_BYTES))
    except AgentMeshError as error:
        yield Finding(error.code, "error", error.message, error.hint)
        return
    if keys.lock.storage == "file":
        yield FILE_NOTICE


def _others_in(path: Path, wanted: int) -> Iterator[Finding]:
    state = path.lstat()
    if stat.S_ISLNK(state.st_mode):
        why = f"{path} is a symbolic link; keys are not read through links."
        yield Finding("key_file_link", "error", why, f"mv \"$(readlink '{path}')\" '{path}'")
    elif state.st_uid != os.geteuid():
        why = f"{path} belongs to user {state.st_uid}."
        yield Finding("key_file_owner", "error", why, f"chown $(id -u) '{path}'")
    elif stat.S_IMODE(state.st_mode) & ~wanted:
        why = f"{path} has mode {stat.S_IMODE(state.st_mode):04o}: others may get at the keys."
        yield Finding("key_file_mode", "error", why, f"chmod {wanted:o} '{path}'")
