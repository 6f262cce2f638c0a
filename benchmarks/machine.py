"""What the machine itself takes: figures mean little without it."""

import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

SYNCS = 50


def fsync_ms(folder: Path | None = None) -> float:
    """Return how long the disk takes to make 4 KiB durable: the median."""
    taken = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            file.write(b"x" * 4096)
            file.flush()
            started = time.perf_counter()
            os.fsync(file.fileno())
            taken.append((time.perf_counter() - started) * 1000)
    return statistics.median(taken)


def description() -> str:
    """Return the machine in a line."""
    return (
        f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, fsync {fsync_ms():.2f} ms"
    )
