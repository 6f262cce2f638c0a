"""Memory that was freed is there for what comes next."""

import platform
import subprocess
import sys

import pytest

FRAMES = """
import resource, sys
from agentmesh.observability.world import keep_freed_memory

if sys.argv[1] == "keep":
    keep_freed_memory()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(50):
    pieces = [bytes(97_000) for _ in range(40)]
    pieces.clear()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def cleared_pages(how: str) -> int:
    """Return how many pages the system had to give while frames came and went."""
    run = subprocess.run([sys.executable, "-c", FRAMES, how], capture_output=True, check=True)
    return int(run.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc gives it back at once")
def test_frames_that_come_and_go_use_the_same_memory() -> None:
    assert cleared_pages("keep") * 10 < cleared_pages("give back")
