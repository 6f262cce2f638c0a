"""A server's WebSocket frames, taken apart (RFC 6455, section 5.2)."""

from collections.abc import Iterator

WHOLE_BINARY = 0x82


def bodies(data: bytes) -> Iterator[bytes]:
    """Return what whole binary frames contain."""
    while data:
        first, size, at = data[0], data[1], 2
        assert first == WHOLE_BINARY
        if size >= 126:
            at = 4 if size == 126 else 10
            size = int.from_bytes(data[2:at], "big")
        assert len(data) >= at + size
        yield data[at : at + size]
        data = data[at + size :]
