"""A disk on which no mailbox can be: the error says which, why, and what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from agentmesh_relay.mailbox.database import connect, opened

from agentmesh.errors import AgentMeshError, StorageError, UsageError
from tests.support.disks import fill, read_only, small_disk

MUCH = 16 * 1024**3


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "disk"
    with small_disk(place, 1024 * 1024):
        yield place


def trouble(path: Path) -> AgentMeshError:
    with pytest.raises(AgentMeshError) as caught:
        opened(path, MUCH, connect)
    return caught.value


def test_a_file_is_made_and_found_again(tmp_path: Path) -> None:
    for _ in range(2):
        database = opened(tmp_path / "mailbox.sqlite", MUCH, connect)
        assert database.execute("SELECT count(*) FROM letters").fetchone() == (0,)
        database.close()


@pytest.mark.parametrize("is_there", [False, True])
def test_a_full_disk_is_named(disk: Path, is_there: bool) -> None:
    path = disk / "mailbox.sqlite"
    if is_there:
        opened(path, MUCH, connect).close()
    fill(disk / "ballast")
    error = trouble(path)
    assert isinstance(error, StorageError)
    assert (error.code, str(path) in error.message) == ("disk_full", True)
    assert "--data" in error.hint


@pytest.mark.parametrize("is_there", [False, True])
def test_a_disk_that_takes_nothing_is_named(disk: Path, is_there: bool) -> None:
    path = disk / "mailbox.sqlite"
    if is_there:
        opened(path, MUCH, connect).close()
    with read_only(disk):
        error = trouble(path)
    assert isinstance(error, UsageError)
    assert error.code == "data_not_writable"
    assert str(path) in error.message
    assert "Read-only" in error.message


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mailbox.sqlite"
    path.write_bytes(b"no database " * 1000)
    error = trouble(path)
    assert isinstance(error, StorageError)
    assert (error.code, str(path) in error.message) == ("storage_failed", True)
    assert "move it away" in error.hint
