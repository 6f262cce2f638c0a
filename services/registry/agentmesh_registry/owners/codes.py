"""Codes that a person carries from one place to another, and marks by which owners are known."""

import hashlib
import hmac

from agentmesh.protocol.world import Entropy

_LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_LENGTH = 10


def new_code(entropy: Entropy) -> str:
    """Return a code of fifty bits, without letters that look alike."""
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in entropy(_LENGTH))
    return f"{letters[:5]}-{letters[5:]}"


def mark_of_code(attempt: str, code: str) -> bytes:
    """Return what is kept of a code; case, blanks and dashes do not matter."""
    plain = code.upper().replace("-", "").replace(" ", "")
    return hashlib.sha256(f"{attempt}\0{plain}".encode()).digest()


def mark_of_owner(key: bytes, where: str, subject: str) -> str:
    """Return by what an owner is known from now on: it names nobody to who has not the key."""
    return hmac.digest(key, f"{where}\0{subject}".encode(), "sha256").hex()
