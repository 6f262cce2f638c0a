"""A second, short reading of docs/protocol.md: recomputes every vector here without AgentMesh.

    python -m tests.vectors.check

Only hashlib, hmac and libsodium (PyNaCl) are used, so the KEM's secrets are taken as given. Each
file holds `valid` cases and `must_fail` cases: a valid one (`of`) with values changed (`set`).
"""

import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from nacl import bindings
from nacl.exceptions import CryptoError

from tests.vectors import outside
from tests.vectors.reading import (
    Case,
    Wrong,
    derive,
    exchange,
    join,
    mac,
    need,
    open_box,
    raw,
    sha256,
    u32,
    unpad,
)

HERE = Path(__file__).parent


def header_bytes(key: bytes, numbers: list[int], public: bytes, ciphertext: bytes) -> bytes:
    return join(key, b"".join(map(u32, numbers)), public, ciphertext)


def check_kdf(case: Case) -> None:
    key, salt, context = raw(case["key"]), raw(case["salt"]), raw(case["context"])
    need(derive(key, case["label"], salt, context, case["length"]) == raw(case["output"]))


def check_padding(case: Case) -> None:
    need(unpad(raw(case["padded"])) == raw(case["plaintext"]))
    need(len(raw(case["padded"])) == case["size"])


def check_aead(case: Case) -> None:
    need(open_box(raw(case["key"]), raw(case["box"]), raw(case["aad"])) == raw(case["plaintext"]))


def check_header_mac(case: Case) -> None:
    numbers = [case["previous_length"], case["number"], case["frame"], case["epoch"]]
    public, ciphertext = raw(case["public_key"]), raw(case["kem_ciphertext"])
    header = header_bytes(raw(case["ratchet_key"]), numbers, public, ciphertext)
    need(header == raw(case["encoded"]))
    digest = sha256(raw(case["ciphertext"]))
    covered = join(case["session_id"].encode(), header, digest)
    need(mac(raw(case["key"]), covered) == raw(case["mac"]))


def check_pqxdh(case: Case) -> None:
    us, them, ephemeral = case["initiator"], case["responder"], case["ephemeral"]
    one_time = them["one_time"]
    named = [them["signed_prekey"], them["kem_prekey"]]
    numbered = [part for key in named for part in (u32(key["id"]), raw(key["public"]))]
    last = [u32(one_time["id"]), raw(one_time["public"])] if one_time else [b"", b""]
    transcript = sha256(
        join(
            b"agentmesh/1 pqxdh",
            case["knock_id"].encode(),
            case["suite"].encode(),
            *(raw(us["identity"]), u32(us["exchange"]["id"]), raw(us["exchange"]["public"])),
            raw(us["suites"]["payload"]),
            *(raw(them["identity"]), u32(them["exchange"]["id"]), raw(them["exchange"]["public"])),
            raw(them["suites"]["payload"]),
            *numbered,
            *last,
            raw(ephemeral["public"]),
            raw(case["kem_ciphertext"]),
        )
    )
    need(transcript == raw(case["transcript"]))
    pairs = [
        (them["signed_prekey"], us["exchange"]),
        (them["exchange"], ephemeral),
        (them["signed_prekey"], ephemeral),
        *([(one_time, ephemeral)] if one_time else []),
    ]
    for ours, theirs in pairs:  # from either end
        there = exchange(raw(ours["private"]), raw(theirs["public"]))
        need(there == exchange(raw(theirs["private"]), raw(ours["public"])))
    shared = b"".join(exchange(raw(ours["private"]), raw(its["public"])) for ours, its in pairs)
    material = b"\xff" * 32 + shared + raw(case["kem_secret"])
    need(derive(material, f"{case['suite']} root", context=join(transcript)) == raw(case["root"]))


def check_session(case: Case) -> None:
    """Follow the four frames: two of the initiator, one of the responder, one of the initiator."""
    private = case["ratchet_private"]
    secrets = [raw(private["initiator"][0]), raw(private["responder"][0])]
    secrets.append(raw(private["initiator"][1]))
    peers = [raw(case["responder_prekey"]["public"])]
    peers += [bindings.crypto_scalarmult_base(secret) for secret in secrets[:2]]
    root, chains = derive(raw(case["root"]), "ratchet start"), []
    for secret, peer in zip(secrets, peers, strict=True):
        keys = derive(exchange(secret, peer), "ratchet root", salt=root, size=64)
        root, chain = keys[:32], keys[32:]
        chains.append((bindings.crypto_scalarmult_base(secret), chain))
    # Which chain a frame is in, and what its header must say: previous length, number, frame.
    places = [(0, 0, 0, 1), (0, 0, 1, 2), (1, 0, 0, 1), (2, 2, 0, 3)]
    for frame, (chain, *numbers) in zip(case["frames"], places, strict=True):
        ratchet_key, chain_key = chains[chain]
        chains[chain] = (ratchet_key, mac(chain_key, b"\x02"))
        need(numbers == [frame[k] for k in ("previous_length", "number", "number_of_frame")])
        check_frame(case, frame, header_bytes(ratchet_key, [*numbers, 0], b"", b""), chain_key)


def check_frame(case: Case, frame: Case, header: bytes, chain_key: bytes) -> None:
    root, session_id = raw(case["root"]), case["session_id"].encode()
    ciphertext = raw(frame["ciphertext"])
    covered = join(session_id, header, sha256(ciphertext))
    need(mac(derive(root, f"header {frame['from']}"), covered) == raw(frame["mac"]))
    key = derive(mac(chain_key, b"\x01"), "message", salt=derive(root, "pq epoch 0"))
    bound_to = join(raw(case["transcript"]), session_id, header)
    need(unpad(open_box(key, ciphertext, bound_to)) == raw(frame["plaintext"]))


def check_receipt(case: Case) -> None:
    key = derive(derive(raw(case["root"]), "pq epoch 0"), f"receipt {case['from']}")
    bound_to = join(raw(case["transcript"]), case["session_id"].encode(), u32(case["epoch"]))
    need(len(raw(case["box"])) == 256 + 40)
    need(unpad(open_box(key, raw(case["box"]), bound_to)) == raw(case["body"]))


def check_numbered(case: Case) -> None:
    for frame in case["frames"]:
        need(open_numbered(case, frame) == raw(frame["content"]))
        packed = raw(frame["frame"])
        need(packed.endswith(raw(frame["box"])))
        need(len(packed) in {2046, 2048})


def open_numbered(case: Case, frame: Case) -> bytes:
    number, session_id = u32(frame["number"]), case["session_id"].encode()
    direction = derive(raw(case["secret"]), f"frames {frame['from']}")
    key = derive(direction, "frame", context=number)
    bound_to = join(raw(case["transcript"]), session_id, number)
    return unpad(open_box(key, raw(frame["box"]), bound_to))


def check_numbered_receipt(case: Case) -> None:
    key = derive(raw(case["secret"]), f"receipt {case['from']}")
    bound_to = join(raw(case["transcript"]), case["session_id"].encode(), u32(case["epoch"]))
    need(unpad(open_box(key, raw(case["box"]), bound_to)) == raw(case["body"]))


def check_olm(case: Case) -> None:
    """All but Olm itself: what the session is bound to, the keys in both messages, their form."""
    keys = ("handshake_transcript", "initiator_identity", "initiator_one_time")
    keys += ("responder_identity",)
    transcript = sha256(join(b"agentmesh/1 olm", *(raw(case[k]) for k in keys)))
    need(transcript == raw(case["transcript"]))
    secret = derive(raw(case["root"]), "olm.v1 session", context=join(transcript))
    need(secret == raw(case["secret"]))
    one_time, base, identity, inner = olm_fields(raw(case["answer"]), b"\x0a\x12\x1a\x22")
    need((one_time, identity) == tuple(raw(case[k]) for k in (keys[2], keys[3])))
    ratchet_key = check_olm_message(inner)
    for key in (one_time, base, identity, ratchet_key):
        need(any(exchange(b"\x01" * 32, key)))
    check_olm_message(open_numbered(case, case["frame"]))


def check_olm_message(message: bytes) -> bytes:
    ratchet_key, _, ciphertext = olm_fields(message[:-8], b"\x0a\x10\x22")
    need(len(ratchet_key) == 32)
    need(bool(ciphertext) and len(ciphertext) % 16 == 0)
    return ratchet_key


def olm_fields(message: bytes, tags: bytes) -> list[bytes]:
    """Return the fields of an Olm message, which must be these and no others."""
    need(message[:1] == b"\x03")
    rest, fields = message[1:], []
    for tag in tags:
        need(rest[:1] == bytes([tag]))
        number = size = 0
        while size == 0 or rest[size] & 0x80:
            size += 1
            number |= (rest[size] & 0x7F) << 7 * (size - 1)
        need(size == 1 or rest[size] != 0)
        start = 1 + size
        end = start if tag == 0x10 else start + number
        need(end <= len(rest))
        fields.append(rest[start:end])
        rest = rest[end:]
    need(not rest)
    return fields


CHECKS: dict[str, Callable[[Case], None]] = {
    "signed": outside.check_signed,
    "seal": outside.check_seal,
    "kdf": check_kdf,
    "padding": check_padding,
    "aead": check_aead,
    "header_mac": check_header_mac,
    "pqxdh": check_pqxdh,
    "session": check_session,
    "receipt": check_receipt,
    "receipt_body": outside.check_receipt_body,
    "safety_number": outside.check_safety_number,
    "pqxdh_weak": check_pqxdh,
    "numbered": check_numbered,
    "numbered_receipt": check_numbered_receipt,
    "olm": check_olm,
}


def load(name: str) -> tuple[list[Case], list[Case]]:
    """Return the valid cases of a file, and those that must fail, made from them."""
    data = json.loads((HERE / f"{name}.json").read_text())
    return data["valid"], [_changed(data["valid"], entry) for entry in data["must_fail"]]


def _changed(valid: list[Case], entry: Case) -> Case:
    case = copy.deepcopy(valid[entry["of"]])
    for path, value in entry["set"]:
        inner: Any = case
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value
    return {**case, "what": entry["what"]}


def holds(name: str, case: Case) -> bool:
    try:
        CHECKS[name](case)
    except (Wrong, CryptoError, ValueError, IndexError):
        return False
    return True


def main() -> int:
    """Print one line for each file; return how many cases were not as they should be."""
    wrong = 0
    for name in CHECKS:
        valid, must_fail = load(name)
        bad = [str(i) for i, case in enumerate(valid) if not holds(name, case)]
        bad += [case["what"] for case in must_fail if holds(name, case)]
        print(f"{name}: {len(valid)} valid, {len(must_fail)} must fail, wrong: {bad or 'none'}")
        wrong += len(bad)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
