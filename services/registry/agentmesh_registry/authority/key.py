"""Where the authority's key is: in a file that only its owner reads, or behind a program.

The program is how a key in hardware is used (PKCS#11, a cloud's key service). It is run without a
shell: `PROGRAM... public-key` prints the public key in hex; `PROGRAM... sign` reads what is to be
signed and prints the Ed25519 signature in hex.
"""

import os
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec
from nacl.signing import SigningKey

from agentmesh.errors import StorageError, UsageError, in_words
from agentmesh.observability.private_file import write_once
from agentmesh.protocol.certificates.form import Sign, is_signature
from agentmesh.protocol.signed import KEY_BYTES, SIGNATURE_BYTES

PROGRAM_SECONDS = 10
_WHY: Final = (
    (subprocess.TimeoutExpired, f"it takes longer than {PROGRAM_SECONDS} s"),
    (subprocess.CalledProcessError, "it ended with an error"),
    (FileNotFoundError, "there is no such program"),
    (OSError, "it cannot be run"),
)
_HINT = "agentmesh-registry create-authority makes one."
ELSEWHERE = "Name another place: --authority /path/to/authority-key"


class AuthorityKey(msgspec.Struct, frozen=True):
    """A key that signs, wherever it is."""

    public: bytes
    sign: Sign


def make_key_file(path: Path, seed: bytes) -> AuthorityKey:
    """Make a key in a new file, and return it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = write_once(path, seed)
    except OSError as error:
        message = f"The authority's key cannot be written to {path}: {error.strerror}."
        raise StorageError("authority_unreadable", message, ELSEWHERE) from None
    if not is_new:
        raise UsageError("file_exists", f"{path} exists already.", "An authority is made once.")
    return open_key_file(path)


def open_key_file(path: Path) -> AuthorityKey:
    """Return the key in a file that is ours alone."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            found = os.fstat(descriptor)
            seed = file.read(KEY_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if not stat.S_ISREG(found.st_mode) or len(seed) != KEY_BYTES:
        raise UsageError("authority_malformed", f"{path} holds no key.", _HINT)
    if found.st_mode & 0o077 or found.st_uid != os.geteuid():
        raise UsageError(
            "authority_open",
            f"The authority's key in {path} is not ours alone.",
            f"chown it to the user that runs the registry, and chmod 600 {path}",
        )
    key = SigningKey(seed)
    return AuthorityKey(bytes(key.verify_key), lambda data: key.sign(data).signature)


def open_program(argv: Sequence[str]) -> AuthorityKey:
    """Return the key behind a program."""
    public = _ran(argv, "public-key", b"", KEY_BYTES)

    def sign(data: bytes) -> bytes:
        signature = _ran(argv, "sign", data, SIGNATURE_BYTES)
        if not is_signature(signature, data, public):
            raise _failed("its signature is not by its key")
        return signature

    return AuthorityKey(public, sign)


def _ran(argv: Sequence[str], what: str, given: bytes, size: int) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603  the operator's own program
            [*argv, what], input=given, capture_output=True, timeout=PROGRAM_SECONDS, check=True
        )
        said = bytes.fromhex(done.stdout.decode().strip())
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise _failed(in_words(error, _WHY, "what it said is not in hex")) from None
    if len(said) != size:
        raise _failed(f"it said {len(said)} bytes, not {size}")
    return said


def _failed(why: str) -> StorageError:
    return StorageError(
        "authority_unreachable",
        f"The program that holds the authority's key did not do its work: {why}.",
        "Run it by hand: PROGRAM public-key",
    )


def _unreadable(path: Path, error: OSError) -> StorageError:
    message = f"The authority's key in {path} cannot be read: {error.strerror}."
    return StorageError("authority_unreadable", message, _HINT)
