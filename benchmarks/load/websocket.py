"""WebSocket frames as bytes: made once before the clock runs, counted while it runs.

Clients must mask what they send (RFC 6455, section 5.3). A mask of zeros is a mask: the server
unmasks as ever, and the load generator has nothing to do.
"""

BINARY, COMPRESSED = 0x82, 0xC2
NO_MASK = bytes(4)


def masked(body: bytes, first: int = BINARY) -> bytes:
    """Return a client's frame."""
    return bytes((first,)) + _length(len(body), 0x80) + NO_MASK + body


def plain(body: bytes) -> bytes:
    """Return a server's frame."""
    return bytes((BINARY,)) + _length(len(body), 0) + body


def counted(data: bytes) -> tuple[int, int]:
    """Return how many whole frames of a server begin `data`, and how long they are together."""
    frames = at = 0
    while (end := _end(data, at)) <= len(data):
        frames, at = frames + 1, end
    return frames, at


def _end(data: bytes, at: int) -> int:
    if len(data) < at + 4:
        return len(data) + 1
    size = data[at + 1] & 0x7F
    if size < 126:
        return at + 2 + size
    if size == 126:
        return at + 4 + int.from_bytes(data[at + 2 : at + 4], "big")
    return at + 10 + int.from_bytes(data[at + 2 : at + 10].ljust(8, b"\xff"), "big")


def _length(size: int, mask: int) -> bytes:
    if size < 126:
        return bytes((mask | size,))
    if size < 65536:
        return bytes((mask | 126,)) + size.to_bytes(2, "big")
    return bytes((mask | 127,)) + size.to_bytes(8, "big")
