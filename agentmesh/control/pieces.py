"""Many messages, cut into pieces that a daemon takes at once."""

from collections.abc import Iterable, Iterator

import msgspec

from agentmesh.control.calls import MAX_BODIES, MAX_LINE, Body

_ELSE = 16 * 1024
"""So much of a line is left for what the call says besides."""
_encode = msgspec.json.Encoder().encode


def pieces(bodies: Iterable[Body]) -> Iterator[list[Body]]:
    """Yield the messages in their order, as many at a time as `send.all` takes."""
    piece, size = list[Body](), 0
    for body in bodies:
        more = len(_encode(body)) + 1
        if piece and (len(piece) == MAX_BODIES or size + more > MAX_LINE - _ELSE):
            yield piece
            piece, size = [], 0
        piece.append(body)
        size += more
    if piece:
        yield piece
