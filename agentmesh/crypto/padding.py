"""Sizes that tell nothing: every frame is filled up to one of seven sizes.

What is sealed is padded as ISO/IEC 7816-4 has it: a byte 0x80, then zeros. It lies inside the seal:
how it comes off tells nobody anything. Receipts have a size of their own: eight sizes on the wire.
"""

from agentmesh.crypto.aead import OVERHEAD
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol import limits

BUCKETS = (2048, 4096, 8192, 16384, 32768, 65536, limits.MAX_FRAME)
RECEIPT_BYTES = 256

_MARK = b"\x80"
# MessagePack's length of a long byte string is up to three bytes longer than that of an empty one.
_LENGTH_BYTES = 3


def pad_frame(plaintext: bytes, bare: int, overhead: int = OVERHEAD) -> bytes:
    """Return the plaintext padded until its frame fills a bucket. `bare`: the size without box.

    `overhead` is what the cipher adds to its plaintext.
    """
    used = bare + overhead + _LENGTH_BYTES
    needed = used + len(plaintext) + len(_MARK)
    for bucket in BUCKETS:
        if needed <= bucket:
            return pad(plaintext, bucket - used)
    raise UsageError("message_too_large", "This does not fit into a frame.")


def pad(plaintext: bytes, size: int) -> bytes:
    """Return the plaintext with its mark, and zeros up to `size`."""
    if len(plaintext) >= size:
        raise UsageError("message_too_large", f"At most {size - 1} bytes fit.")
    return b"".join((plaintext, _MARK, bytes(size - len(plaintext) - 1)))


def unpad(padded: bytes) -> bytes:
    """Return the plaintext."""
    end = padded.rfind(_MARK)
    if end < 0 or padded.count(0, end) != len(padded) - end - 1:
        raise CryptoError("padding_invalid")
    return padded[:end]
