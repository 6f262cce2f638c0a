"""One hash for a whole file: the tree of RFC 6962, section 2.1, over its chunks.

Each chunk has a leaf of its own: whoever kept the leaves need not read the file again to tell
whether all of it is there.
"""

import hashlib
from collections.abc import Iterable

LEAF_BYTES = 32
ABSENT = bytes(LEAF_BYTES)
"""The place of a leaf that is not there: no chunk hashes to zeros."""

_LEAF, _NODE = b"\x00", b"\x01"


def leaf(chunk: bytes) -> bytes:
    """Return the hash of one chunk."""
    found = hashlib.sha256(_LEAF)
    found.update(chunk)
    return found.digest()


def root(leaves: Iterable[bytes]) -> bytes:
    """Return the hash over all chunks; that of an empty file is SHA-256 of nothing."""
    tops: list[tuple[int, bytes]] = []  # heights fall from left to right
    for each in leaves:
        height, top = 0, each
        while tops and tops[-1][0] == height:
            height, top = height + 1, _node(tops.pop()[1], top)
        tops.append((height, top))
    if not tops:
        return hashlib.sha256().digest()
    top = tops.pop()[1]
    while tops:
        top = _node(tops.pop()[1], top)
    return top


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()
