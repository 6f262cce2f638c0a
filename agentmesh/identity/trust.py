"""Whom we believe: what a peer shows against what we know, and what two owners read out.

The safety number follows Signal's: for either side 5200 rounds of SHA-512 over its signing key,
the first 30 bytes as six numbers of five digits, the smaller half first. The seven emoji are a
quick look at the same digests: 42 bits, behind 5200 rounds a try. Only the number is proof against
patience.
"""

import hashlib
from enum import StrEnum

import msgspec

from agentmesh.identity.emoji import EMOJI
from agentmesh.protocol.ids import Amid, amid_of

_ROUNDS = 5200
_VERSION = b"agentmesh safety number 1\0"
_GROUPS = 6
_EMOJI = 7


class Standing(StrEnum):
    """What a peer's key means to us."""

    FIRST_SEEN = "first_seen"
    SAME = "same"
    VERIFIED = "verified"
    """The same, and the owner compared the safety number."""
    CHANGED = "changed"
    """Not the key that this name had: stop, and ask the owner."""
    ROLLED_BACK = "rolled_back"
    """The right key, but older statements than we have seen: somebody replays them."""


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What we remember of a peer."""

    signing_key: bytes
    verified_at: float | None = None
    suites_sequence: int = 0


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What a record, a bundle or a KNOCK shows, after its signatures verified."""

    amid: Amid
    signing_key: bytes
    suites_sequence: int = 0


def compare(known: Known | None, seen: Seen) -> Standing:
    """Return what the key that is shown means, given what we remember."""
    if amid_of(seen.signing_key) != seen.amid:
        return Standing.CHANGED
    if known is None:
        return Standing.FIRST_SEEN
    if known.signing_key != seen.signing_key:
        return Standing.CHANGED
    if seen.suites_sequence < known.suites_sequence:
        return Standing.ROLLED_BACK
    return Standing.VERIFIED if known.verified_at is not None else Standing.SAME


def safety_number(one: bytes, other: bytes) -> str:
    """Return the 60 digits, in twelve groups, that both owners see for these two signing keys."""
    halves = sorted(_digits(_fingerprint(key)) for key in (one, other))
    digits = "".join(halves)
    return " ".join(digits[start : start + 5] for start in range(0, len(digits), 5))


def safety_emoji(one: bytes, other: bytes) -> tuple[tuple[str, str], ...]:
    """Return seven emoji with their names, the same on both sides."""
    prints = sorted(_fingerprint(key) for key in (one, other))
    number = int.from_bytes(hashlib.sha512(_VERSION + b"".join(prints)).digest(), "big")
    return tuple(EMOJI[number >> 6 * place & 0x3F] for place in range(_EMOJI))


def _fingerprint(key: bytes) -> bytes:
    digest = _VERSION + key
    for _ in range(_ROUNDS):
        digest = hashlib.sha512(digest + key).digest()
    return digest


def _digits(digest: bytes) -> str:
    return "".join(
        f"{int.from_bytes(digest[5 * group : 5 * group + 5], 'big') % 100_000:05d}"
        for group in range(_GROUPS)
    )
