"""What two owners read out to each other, to know that each has the other's key.

An AMID is the hash of its signing key, so a known peer cannot show another key. What owners compare
is whether that AMID is the agent they mean.

The safety number follows Signal's: for either side 5200 rounds of SHA-512 over its signing key,
the first 30 bytes as six numbers of five digits, the smaller half first. The seven emoji are a
quick look at the same digests: 42 bits, behind 5200 rounds a try. Only the number is proof against
patience.
"""

import hashlib

from agentmesh.identity.emoji import EMOJI

_ROUNDS = 5200
_VERSION = b"agentmesh safety number 1\0"
_GROUPS = 6
_EMOJI = 7


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
