"""The process is killed in the middle of its commits: what it said was saved is there."""

import os
import subprocess
import sys
from pathlib import Path
from random import Random

from agentmesh.protocol.ids import MessageId
from agentmesh.storage.interface import Store
from tests.support.stores import ONE, sqlite_store

KILLS = int(os.environ.get("AGENTMESH_KILLS", "8"))
ROOT = Path(__file__).parents[2]


async def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    random = Random(1)
    for kill in range(KILLS):
        said = _killed_after(random.randrange(1, 120), tmp_path)
        async with sqlite_store(tmp_path) as store:
            await _check(store, said, f"kill {kill}")
            assert store.warnings() == []


def _killed_after(turns: int, home: Path) -> int:
    """Let a process commit that often, kill it, and return the last number it said."""
    command = [sys.executable, "-m", "tests.support.stores_child", str(home)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        lines = [child.stdout.readline() for _ in range(turns)]
        child.kill()
        lines += child.stdout.readlines()
        child.wait(10)
    whole = [line for line in lines if line.endswith(b"\n")]
    return int(whole[-1])


async def _check(store: Store, said: int, when: str) -> None:
    found = int(await store.value("turns") or b"0")
    assert found in {said, said + 1}, when
    assert [m.message_id for m in await store.unsettled(ONE)] == [f"m{found}"], when
    assert [e.errand_id for e in await store.errands()] == [
        f"e{number}" for number in range(1, found + 1)
    ], when
    settled = await store.outgoing(MessageId(f"m{found - 1}"))
    assert found == 1 or (settled is not None and settled.outcome == "delivered"), when
    row = await store.session(ONE)
    assert row is not None
    assert row.state == bytes(found % 5000), when
