"""Files that nobody but their owner may touch."""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from agentmesh.errors import AgentMeshError, TimedOut
from agentmesh.storage import key_access
from agentmesh.storage.key_access import (
    check_directory,
    make_private_directory,
    only_writer,
    read_private,
    write_private,
)
from tests.support.world import FakeEntropy


@pytest.fixture(params=[0o000, 0o022, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[int]:
    before = os.umask(request.param)
    yield request.param
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def code_of(act: Callable[[], object]) -> AgentMeshError:
    with pytest.raises(AgentMeshError) as caught:
        act()
    return caught.value


def test_no_umask_has_a_say_in_modes(umask: int, tmp_path: Path) -> None:
    keys = tmp_path / "home" / "keys"
    make_private_directory(keys)
    write_private(keys / "file", b"data", FakeEntropy())
    assert [mode(keys.parent), mode(keys), mode(keys / "file")] == [0o700, 0o700, 0o600]
    assert read_private(keys / "file", 10) == b"data"


def test_a_directory_that_exists_is_left_alone(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    make_private_directory(tmp_path)
    assert mode(tmp_path) == 0o750


def test_what_is_written_again_is_replaced_and_leaves_nothing(tmp_path: Path) -> None:
    for data in (b"old", b"new"):
        write_private(tmp_path / "file", data, FakeEntropy())
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert read_private(tmp_path / "file", 10) == b"new"


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    error = code_of(lambda: write_private(tmp_path / "file", b"new", FakeEntropy()))
    assert error.code == "key_file_unusable"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


@pytest.mark.parametrize("loose", [0o604, 0o640, 0o620, 0o602, 0o644, 0o666])
def test_a_file_open_to_others_is_refused_with_the_command(loose: int, tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_private(file, b"data", FakeEntropy())
    file.chmod(loose)
    error = code_of(lambda: read_private(file, 10))
    assert (error.code, error.hint) == ("key_file_mode", f"chmod 600 '{file}'")


def test_a_file_is_not_read_through_a_link(tmp_path: Path) -> None:
    write_private(tmp_path / "file", b"data", FakeEntropy())
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert code_of(lambda: read_private(tmp_path / "link", 10)).code == "key_file_link"


def test_a_pipe_or_a_directory_is_no_key_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert code_of(lambda: read_private(tmp_path / "pipe", 10)).code == "key_damaged"
    assert code_of(lambda: read_private(tmp_path, 10)).code == "key_damaged"


def test_a_file_has_a_bound(tmp_path: Path) -> None:
    write_private(tmp_path / "file", b"data", FakeEntropy())
    assert read_private(tmp_path / "file", 4) == b"data"
    assert code_of(lambda: read_private(tmp_path / "file", 3)).code == "key_damaged"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_what_belongs_to_somebody_else_is_refused(tmp_path: Path) -> None:
    write_private(tmp_path / "file", b"data", FakeEntropy())
    os.chown(tmp_path / "file", 12345, 12345)
    assert code_of(lambda: read_private(tmp_path / "file", 10)).code == "key_file_owner"
    (tmp_path / "keys").mkdir(0o700)
    os.chown(tmp_path / "keys", 12345, 12345)
    assert code_of(lambda: check_directory(tmp_path / "keys")).code == "key_file_owner"


def test_a_directory_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    check_directory(tmp_path)
    tmp_path.chmod(0o770)
    error = code_of(lambda: check_directory(tmp_path))
    assert (error.code, error.hint) == ("key_file_mode", f"chmod 700 '{tmp_path}'")


def test_a_directory_is_not_entered_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(0o700)
    (tmp_path / "keys").symlink_to(tmp_path / "real")
    assert code_of(lambda: check_directory(tmp_path / "keys")).code == "key_file_link"
    (tmp_path / "file").touch()
    assert code_of(lambda: check_directory(tmp_path / "file")).code == "key_file_unusable"
    assert code_of(lambda: check_directory(tmp_path / "none")).code == "key_file_unusable"


def test_a_writer_clears_what_a_crash_left(tmp_path: Path) -> None:
    (tmp_path / ".identity.sealed.0123.new").touch()
    (tmp_path / "identity.sealed").touch()
    with only_writer(tmp_path):
        assert [path.name for path in tmp_path.iterdir()] == ["identity.sealed"]


def test_there_is_one_writer_and_the_wait_for_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_access, "_LOCK_TRIES", 2)
    monkeypatch.setattr(key_access, "_LOCK_PAUSE", 0)
    with only_writer(tmp_path), pytest.raises(TimedOut) as caught, only_writer(tmp_path):
        pytest.fail("there were two")
    assert caught.value.code == "keys_busy"
    with only_writer(tmp_path):
        pass


def test_a_directory_that_is_missing_has_no_writer(tmp_path: Path) -> None:
    with pytest.raises(AgentMeshError) as caught, only_writer(tmp_path / "none"):
        pytest.fail("there is no directory")
    assert caught.value.code == "key_file_unusable"
