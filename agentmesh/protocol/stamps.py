"""Stamps: a little work that an identity shows before it registers; a flood costs its maker.

    AgentMesh-Stamp: <bits>:<unix seconds>:<counter>

As hashcash has it: SHA-256 over purpose, audience, AMID, seconds and counter begins with so many
zero bits. Whoever checks needs one hash, and no key and no database. It is bound to one identity,
one registry and five minutes.
"""

import hashlib
import re

import msgspec

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import (
    MAX_STAMP_BITS,
    SIGNATURE_MAX_AGE,
    SIGNATURE_MAX_AHEAD,
)

HEADER = "AgentMesh-Stamp"
_FORM = re.compile(r"([0-9]{1,2}):([0-9]{1,12}):([0-9]{1,16})", re.ASCII)
_DIGEST_BITS = 256


class Claim(msgspec.Struct, frozen=True):
    """What a stamp is bound to."""

    audience: str
    amid: Amid
    seconds: int


class Stamp(msgspec.Struct, frozen=True):
    """A stamp as it came; nothing in it is believed yet."""

    bits: int
    seconds: int
    counter: int

    @property
    def text(self) -> str:
        """The header's value."""
        return f"{self.bits}:{self.seconds}:{self.counter}"


def parse(text: str) -> Stamp | None:
    """Return a stamp, or None for what is none."""
    match = _FORM.fullmatch(text)
    return None if match is None else Stamp(*map(int, match.groups()))


def made(claim: Claim, bits: int, start: int, count: int) -> Stamp | None:
    """Return the stamp with the first counter of these that fits; None if none does."""
    begun = hashlib.sha256(_head(claim))
    wall = 1 << (_DIGEST_BITS - bits)
    for counter in range(start, start + count):
        digest = begun.copy()
        digest.update(b"%d" % counter)
        if int.from_bytes(digest.digest(), "big") < wall:
            return Stamp(bits, claim.seconds, counter)
    return None


def fits(stamp: Stamp, audience: str, amid: Amid, now: float) -> bool:
    """Whether a stamp is what it says, for this registry and identity, and of just now."""
    age = now - stamp.seconds
    is_current = -SIGNATURE_MAX_AHEAD <= age <= SIGNATURE_MAX_AGE
    if not is_current or not 1 <= stamp.bits <= MAX_STAMP_BITS:
        return False
    claim = Claim(audience, amid, stamp.seconds)
    return made(claim, stamp.bits, stamp.counter, 1) is not None


def _head(claim: Claim) -> bytes:
    fields = (claim.audience, claim.amid, str(claim.seconds))
    return b"agentmesh/1 stamp\0" + "\n".join(fields).encode() + b"\n"
