"""Which files are sent, the same for everybody: small ones one after the other, and a large one.

A figure is from the start of the sending command until both sides are done, processes included.
"""

import filecmp
import os
import statistics
from collections.abc import Callable
from pathlib import Path

from benchmarks.plan import setting

MEBIBYTE = 1024 * 1024
SMALL = 64 * 1024
TIMES = setting("BENCH_SMALL_FILES", 3)
LARGE = setting("BENCH_FILE_MIB", 256) * MEBIBYTE

Carry = Callable[[Path, int], float]
"""Sends a file, the n-th of this run; returns the seconds it took."""


def figures(folder: Path, carry: Carry) -> dict[str, float]:
    """Return what one run found."""
    small, large = folder / "small.bin", folder / "large.bin"
    _write(small, SMALL)
    _write(large, LARGE)
    taken = [carry(small, number) for number in range(1, TIMES + 1)]
    seconds = carry(large, TIMES + 1)
    return {
        "small_file_seconds": statistics.median(taken),
        "large_file_seconds": seconds,
        "mib_per_second": LARGE / MEBIBYTE / seconds,
    }


def is_same(path: Path, landed: Path) -> bool:
    """Whether a file arrived as it was sent."""
    return filecmp.cmp(path, landed, shallow=False)


def _write(path: Path, size: int) -> None:
    """Write what nobody can compress."""
    with path.open("wb") as file:
        for begin in range(0, size, MEBIBYTE):
            file.write(os.urandom(min(MEBIBYTE, size - begin)))
