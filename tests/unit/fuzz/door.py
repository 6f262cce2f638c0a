"""A parser to be tried."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Door:
    """What reads, and what it reads without complaint."""

    read: Callable[[bytes], object]
    good: tuple[bytes, ...]
