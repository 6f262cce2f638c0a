import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.errors import AgentMeshError, StorageError, UsageError
from agentmesh.storage.home import LOCK, ROOMS, Home, prepare


@pytest.fixture(params=[0o000, 0o022, 0o777])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def _refusal(home: Path) -> AgentMeshError:
    with pytest.raises(StorageError) as caught:
        prepare(home)
    assert caught.value.hint
    return caught.value


def test_a_new_home_is_private_under_any_umask(tmp_path: Path, umask: int) -> None:
    home = tmp_path / "home"
    assert prepare(home) == []
    assert [_mode(path) for path in (home, *(home / name for name in ROOMS))] == [0o700] * 8
    with Home(home):
        assert _mode(home / LOCK) == 0o600
    assert prepare(home) == []


def test_a_home_that_others_may_read_is_closed_and_that_is_said(tmp_path: Path) -> None:
    home = tmp_path / "home"
    prepare(home)
    home.chmod(0o755)
    (home / "logs").chmod(0o750)
    with Home(home) as entered:
        repairs = entered.repairs
    assert [str(home) in repair for repair in repairs] == [True, True]
    assert "0755" in repairs[0]
    assert _mode(home) == _mode(home / "logs") == 0o700


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o777])
@pytest.mark.parametrize("name", [".", "keys", "run"])
def test_a_home_that_others_may_write_is_refused(tmp_path: Path, name: str, mode: int) -> None:
    home = tmp_path / "home"
    prepare(home)
    (home / name).chmod(mode)
    refusal = _refusal(home)
    assert refusal.code == "unsafe_home"
    assert "chmod 700" in refusal.hint
    assert _mode(home / name) == mode


@pytest.mark.parametrize("name", [".", "keys"])
def test_a_link_is_refused(tmp_path: Path, name: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(0o755)
    home = tmp_path / "home"
    if name != ".":
        home.mkdir(0o700)
    (home / name).symlink_to(elsewhere)
    assert _refusal(home).code == "unsafe_home"
    assert _mode(elsewhere) == 0o755
    assert list(elsewhere.iterdir()) == []


def test_a_file_in_the_place_of_a_home_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.write_bytes(b"")
    assert _refusal(home).code == "unsafe_home"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_a_home_of_somebody_else_is_refused(tmp_path: Path) -> None:
    home = tmp_path / "home"
    prepare(home)
    os.chown(home, 12345, -1)
    assert _refusal(home).code == "foreign_home"


def test_a_second_daemon_is_told_who_the_first_is(tmp_path: Path) -> None:
    with Home(tmp_path / "home"), pytest.raises(UsageError) as caught, Home(tmp_path / "home"):
        pass
    assert caught.value.code == "already_running"
    assert str(os.getpid()) in caught.value.message


def test_a_killed_daemon_leaves_the_home_free(tmp_path: Path) -> None:
    home = tmp_path / "home"
    prepare(home)
    program = (
        "import sys, pathlib\nfrom agentmesh.storage.home import Home\n"
        "with Home(pathlib.Path(sys.argv[1])):\n    print('held', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(home)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(UsageError, match=str(other.pid)), Home(home):
            pass
        other.kill()
        other.wait(10)
    with Home(home):
        assert (home / LOCK).read_text() == f"{os.getpid()}\n"
