"""The lines of a file or of stdin, as they come: each may be a message."""

from collections.abc import Iterator
from io import BufferedIOBase
from typing import NamedTuple

from agentmesh.errors import UsageError
from agentmesh.protocol.limits import MAX_PAYLOAD

READ_BYTES = 64 * 1024


class Line(NamedTuple):
    """A line that is not blank, and where it stands, from 1."""

    number: int
    text: str


def arriving(stream: BufferedIOBase) -> Iterator[list[Line]]:
    """Yield the lines that are there already, again and again; blank ones are left out.

    What is no line of text is an error, after all that stands before it.
    """
    number, rest = 0, b""
    while piece := stream.read1(READ_BYTES):
        *whole, rest = (rest + piece).split(b"\n")
        yield from _readable(whole, number)
        number += len(whole)
        if len(rest) > MAX_PAYLOAD:
            raise _too_long(number + 1)
    yield from _readable([rest], number)


def _readable(raw: list[bytes], before: int) -> Iterator[list[Line]]:
    lines: list[Line] = []
    try:
        for number, line in enumerate(raw, before + 1):
            if line.strip():
                lines.append(Line(number, _text(line, number)))
    except UsageError:
        yield lines
        raise
    yield lines


def _text(line: bytes, number: int) -> str:
    if len(line) > MAX_PAYLOAD:
        raise _too_long(number)
    try:
        return line.removesuffix(b"\r").decode()
    except UnicodeDecodeError:
        raise UsageError("not_text", "This is not UTF-8 text.", at=number) from None


def _too_long(number: int) -> UsageError:
    most = f"A message has at most {MAX_PAYLOAD // 1024} KiB."
    return UsageError("text_too_long", most, at=number)
