"""Good documents told otherwise, a million times: seeded, and quick enough for that.

Hypothesis thinks before each example; here an example costs some microseconds, half of them a
document in which one value is another one, and half of them bytes that somebody damaged.
"""

from collections.abc import Sequence
from random import Random
from typing import Any

import msgspec

from tests.support.hostile import PIECES

_NUMBERS = [0, 1, -1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, -(2**63), 2**64 - 1]
_OTHERS: list[Any] = [
    None,
    True,
    0.5,
    float("nan"),
    float("inf"),
    "",
    "x",
    "\u202e\U000e0041",
    "a" * 5000,
    b"",
    bytes(32),
    bytes(1088),
    b"\xff" * 1184,
    [],
    {},
    [[]] * 40,
    {"type": "knock"},
    *_NUMBERS,
]


class Mutator:
    """Makes bad documents out of good ones; the same seed makes the same."""

    def __init__(self, good: Sequence[bytes], seed: str) -> None:
        self._good = good
        self._random = Random(seed)

    def next(self) -> bytes:
        """Return what nobody would send who means well."""
        data = self._random.choice(self._good)
        kind = self._random.random()
        if kind < 0.5:
            return self._retold(data)
        if kind < 0.9:
            return self._damaged(data)
        return self._random.randbytes(self._random.randrange(64))

    # --- a document in which one value is another one ------------------------------------------

    def _retold(self, data: bytes) -> bytes:
        form: Any = msgspec.json if data[:1] in {b"{", b"["} else msgspec.msgpack
        try:
            whole = form.decode(data)
            self._change(whole)
            return bytes(form.encode(whole))
        except (msgspec.MsgspecError, TypeError, ValueError):  # not this form, or not in it
            return self._damaged(data)

    def _change(self, inside: Any) -> None:
        while True:
            places = list(inside) if isinstance(inside, dict) else list(range(len(inside)))
            if not places:
                return
            place = self._random.choice(places)
            if isinstance(inside[place], dict | list) and self._random.random() < 0.7:
                inside = inside[place]
                continue
            if self._random.random() < 0.1:
                del inside[place]
            elif isinstance(inside, dict) and self._random.random() < 0.1:
                inside[self._random.choice(["", "type", "x" * 70])] = inside[place]
            else:
                inside[place] = self._other(inside[place])
            return

    def _other(self, value: Any) -> Any:
        if self._random.random() < 0.5:
            return self._random.choice(_OTHERS)
        match value:
            case bool():
                return not value
            case int():
                return value + self._random.choice([-1, 1, 2**16])
            case bytes() if value:
                return self._flipped(value)
            case str() if value:
                place = self._random.randrange(len(value))
                letter = chr(self._random.randrange(0xD800))
                return value[:place] + letter + value[place + 1 :]
            case _:
                return self._random.choice(_OTHERS)

    # --- damaged bytes -------------------------------------------------------------------------

    def _damaged(self, data: bytes) -> bytes:
        for _ in range(self._random.choice([1, 1, 1, 2, 8])):
            place = self._random.randrange(len(data) + 1)
            match self._random.randrange(5):
                case 0 if data:
                    data = self._flipped(data)
                case 1:
                    data = data[:place]
                case 2:
                    data = data[:place] + self._random.choice(PIECES) + data[place:]
                case 3:
                    data = data[:place] + data[place + self._random.randrange(16) :]
                case _:
                    data = data[:place] + self._random.choice(self._good)[place:]
        return data

    def _flipped(self, data: bytes) -> bytes:
        place = self._random.randrange(len(data))
        bit = 1 << self._random.randrange(8)
        return data[:place] + bytes([data[place] ^ bit]) + data[place + 1 :]
