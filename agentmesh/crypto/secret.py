"""Key material is one type: `grep reveal` finds every use of a key."""

import hmac
from typing import ClassVar, NoReturn


class Secret:
    """Key material: never printed, compared in constant time, never pickled."""

    __slots__ = ("_raw",)
    __hash__: ClassVar[None]  # type: ignore[assignment]  # a hash would leak equality

    def __init__(self, raw: bytes) -> None:
        self._raw = raw

    def reveal(self) -> bytes:
        """Return the bytes themselves."""
        return self._raw

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and hmac.compare_digest(self._raw, other._raw)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not pickled")


def pack(value: object) -> bytes:
    """Return a secret's bytes: the `enc_hook` of an encoder whose output gets sealed."""
    if isinstance(value, Secret):
        return value.reveal()
    raise NotImplementedError(type(value).__name__)


def unpack(kind: type, value: object) -> Secret:
    """Return bytes as a secret again: the `dec_hook` that goes with `pack`."""
    if kind is Secret and isinstance(value, bytes):
        return Secret(value)
    raise NotImplementedError(kind.__name__)
