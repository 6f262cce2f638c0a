"""Memory that was freed is there for what comes next, nobody gets randomness twice, a loop runs."""

import asyncio
import os
import platform
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import chain

import pytest

from agentmesh.observability.world import SystemEntropy, quick_loop

IDS, NONCES, KEYS = 10, 24, 32

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


@pytest.mark.parametrize("count", [IDS, NONCES, KEYS])
def test_no_thread_draws_what_another_one_drew(count: int) -> None:
    entropy = SystemEntropy()

    def draw(_: int) -> list[bytes]:
        return [entropy(count) for _ in range(500)]

    with ThreadPoolExecutor(8) as threads:
        drawn = list(chain.from_iterable(threads.map(draw, range(8))))
    assert {len(it) for it in drawn} == {count}
    assert len(set(drawn)) == len(drawn)


@pytest.mark.parametrize("count", [IDS, NONCES, KEYS])
def test_a_child_does_not_draw_what_its_parent_will(count: int) -> None:
    entropy = SystemEntropy()
    entropy(count)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        os.write(writing, b"".join(entropy(count) for _ in range(100)))
        os._exit(0)
    os.waitpid(child, 0)
    theirs = os.read(reading, 100 * count)
    os.close(reading)
    os.close(writing)
    ours = {entropy(count) for _ in range(100)}
    assert ours.isdisjoint(theirs[at : at + count] for at in range(0, len(theirs), count))


def test_the_quick_loop_runs_what_it_is_given() -> None:
    with asyncio.Runner(loop_factory=quick_loop) as runner:
        assert runner.run(asyncio.sleep(0, "done")) == "done"
        is_uvloop = type(runner.get_loop()).__module__.startswith("uvloop")
    assert is_uvloop == (sys.platform != "win32")
