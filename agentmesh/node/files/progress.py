"""How far a transfer is."""

from typing import NamedTuple


class Progress(NamedTuple):
    """Bytes that are there, bytes a second, seconds that are left, and what holds it up."""

    done: int
    rate: float
    left: float | None
    reason: str
