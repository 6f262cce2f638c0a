"""What every section of docs/protocol.md uses, read without AgentMesh (see `check.py`)."""

import hashlib
import hmac
from typing import Any

from nacl import bindings

Case = dict[str, Any]


class Wrong(Exception):
    """The case does not hold."""


def need(holds: bool) -> None:
    if not holds:
        raise Wrong


def raw(text: str) -> bytes:
    return bytes.fromhex(text)


def join(*parts: bytes) -> bytes:
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def hkdf(key: bytes, salt: bytes, info: bytes, size: int) -> bytes:
    extracted = mac(salt or bytes(32), key)
    out, block = b"", b""
    while len(out) < size:
        block = mac(extracted, block + info + bytes([len(out) // 32 + 1]))
        out += block
    return out[:size]


def derive(
    key: bytes, label: str, salt: bytes = b"", context: bytes = b"", size: int = 32
) -> bytes:
    return hkdf(key, salt, b"agentmesh/1 " + label.encode() + b"\0" + context, size)


def exchange(private: bytes, public: bytes) -> bytes:
    return bindings.crypto_scalarmult(private, public)


def open_box(key: bytes, box: bytes, aad: bytes) -> bytes:
    need(len(box) >= 40)
    return bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(box[24:], aad, box[:24], key)


def unpad(padded: bytes) -> bytes:
    marked = padded.rstrip(b"\0")
    need(marked[-1:] == b"\x80")
    return marked[:-1]
