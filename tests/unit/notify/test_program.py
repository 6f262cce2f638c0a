"""A program of the owner's: no shell, few words of ours, an end."""

import os
import sys
from pathlib import Path

import pytest

from agentmesh.notify.program import ENDED_BY_US, NOT_STARTED, Programs
from tests.support.patience import until


def _python(code: str, *arguments: str) -> list[str]:
    return [sys.executable, "-c", code, *arguments]


async def test_its_exit_code_is_returned() -> None:
    assert await Programs({}).run(_python("raise SystemExit(3)"), 10) == 3
    assert await Programs({}).run(_python(""), 10) == 0


@pytest.mark.parametrize("argv", [["/nowhere/program"], ["/"], ["\0"]])
async def test_what_cannot_be_started_has_the_code_of_a_shell(argv: list[str]) -> None:
    assert await Programs({"PATH": "/nowhere"}).run(argv, 10) == NOT_STARTED


async def test_arguments_reach_it_as_they_are(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = "import sys; open(sys.argv[1], 'w').write(sys.argv[2])"
    assert await Programs({}).run(_python(code, str(out), "$(id); `id` | x"), 10) == 0
    assert out.read_text() == "$(id); `id` | x"


async def test_it_sees_nothing_that_is_not_handed_on(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = "import os, sys; open(sys.argv[1], 'w').write(' '.join(sorted(os.environ)))"
    given = {"PATH": "/bin", "AGENTMESH_PASSPHRASE": "secret", "AWS_KEY": "x", "DISPLAY": ":0"}
    await Programs(given).run(_python(code, str(out)), 10)
    seen = set(out.read_text().split()) - {"LC_CTYPE"}  # Python's own
    assert seen == {"PATH", "DISPLAY"}


@pytest.mark.slow
async def test_one_that_does_not_end_is_ended_with_its_children(tmp_path: Path) -> None:
    out = tmp_path / "out"
    code = (
        "import os, sys, time\n"
        "child = os.fork()\n"
        "if child: open(sys.argv[1] + '.new', 'w').write(str(child))\n"
        "if child: os.rename(sys.argv[1] + '.new', sys.argv[1])\n"
        "time.sleep(60)\n"
    )
    assert await Programs({}).run(_python(code, str(out)), 1.0) == ENDED_BY_US
    child = int(out.read_text())
    await until(lambda: not _is_alive(child))


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    path = Path(f"/proc/{pid}/stat")
    return not path.exists() or path.read_text().rpartition(")")[2].split()[0] != "Z"
