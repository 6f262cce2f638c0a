"""What stands outside a session: who signed, a first contact's seal, a receipt's body, a number.

A part of the second reading of docs/protocol.md (see `check.py`): nothing of AgentMesh is used.
"""

import hashlib
from itertools import pairwise

from nacl import bindings

from tests.vectors.reading import (
    Case,
    derive,
    exchange,
    join,
    need,
    open_box,
    raw,
    sha256,
    u32,
    unpad,
)

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
SIZES = (2048, 4096, 8192, 16384, 32768, 65536, 98304)


def amid_of(key: bytes) -> str:
    digest = sha256(key)[:20]
    number, letters = int.from_bytes(digest, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        letters = ALPHABET[digit] + letters
    return "1" * (len(digest) - len(digest.lstrip(b"\0"))) + letters


def check_signed(case: Case) -> None:
    said = b"agentmesh/1 " + case["purpose"].encode() + b"\0" + raw(case["payload"])
    need(bindings.crypto_sign_open(raw(case["signature"]) + said, raw(case["signer"])) == said)
    need(amid_of(raw(case["signer"])) == case["amid"])


def check_seal(case: Case) -> None:
    x25519, names = case["x25519"], case["names"]
    parts = [names.encode()] if isinstance(names, str) else list(map(u32, names))
    ephemeral = raw(case["ephemeral"])
    secret = exchange(raw(x25519["private"]), ephemeral) + raw(case["kem_secret"])
    bound_to = join(
        case["label"].encode(),
        join(*parts),
        raw(x25519["public"]),
        raw(case["ml_kem"]["public"]),
        ephemeral,
        raw(case["kem_ciphertext"]),
    )
    letter = unpad(open_box(derive(secret, case["label"]), raw(case["box"]), bound_to))
    need(letter == raw(case["letter"]))
    frame = raw(case["frame"])
    need(raw(case["box"]) in frame)
    need(any(len(frame) in {size, size - 2} for size in SIZES))


def check_receipt_body(case: Case) -> None:
    for ahead in (case["delivered_ahead"], case["consumed_ahead"]):
        need(len(ahead) <= 32)
        need(all(1 <= it <= 65535 for it in ahead))
        need(all(one < later for one, later in pairwise(ahead)))
    parts = [case["delivered_up_to"], case["delivered_ahead"]]
    parts += [case["consumed_up_to"], case["consumed_ahead"]]
    parts += [] if case["room_up_to"] is None else [case["room_up_to"]]
    need(packed(parts) == raw(case["body"]))


def packed(value: int | list[int | list[int]]) -> bytes:
    """Return MessagePack of a number below 2^32, or of a list of less than 2^16."""
    if isinstance(value, list):
        size = len(value)
        head = bytes([0x90 + size]) if size < 16 else b"\xdc" + size.to_bytes(2, "big")
        return head + b"".join(map(packed, value))
    if value < 1 << 7:
        return bytes([value])
    marks = {1: b"\xcc", 2: b"\xcd", 4: b"\xce"}
    size = 1 if value < 1 << 8 else 2 if value < 1 << 16 else 4
    return marks[size] + value.to_bytes(size, "big")


def check_safety_number(case: Case) -> None:
    halves = sorted(half_of(raw(case[name])) for name in ("one", "other"))
    need("".join(halves) == case["digits"])


def half_of(key: bytes) -> str:
    digest = b"agentmesh safety number 1\0" + key
    for _ in range(5200):
        digest = hashlib.sha512(digest + key).digest()
    numbers = (int.from_bytes(digest[at : at + 5], "big") for at in range(0, 30, 5))
    return "".join(f"{number % 100_000:05d}" for number in numbers)
