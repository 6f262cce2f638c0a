"""A file that stops everything, whatever lies under its name."""

import os
import stat
from pathlib import Path

import pytest

from agentmesh.control.stop_flag import StopFlag
from agentmesh.errors import StorageError


@pytest.fixture
def flag(tmp_path: Path) -> StopFlag:
    (tmp_path / "run").mkdir()
    return StopFlag(tmp_path)


def test_it_is_put_up_seen_and_taken_down(flag: StopFlag) -> None:
    assert not flag.is_up()
    flag.put_up()
    assert flag.is_up()
    assert not flag.is_acknowledged()
    assert stat.S_IMODE(flag.path.stat().st_mode) == 0o600
    flag.acknowledge()
    assert flag.is_acknowledged()
    flag.take_down()
    flag.take_down()
    assert not flag.is_up()


def test_putting_it_up_again_does_not_take_back_what_was_seen(flag: StopFlag) -> None:
    flag.acknowledge()
    flag.put_up()
    assert flag.is_acknowledged()


def test_a_link_under_its_name_counts_and_is_not_followed(flag: StopFlag, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("untouched")
    flag.path.symlink_to(target)
    assert flag.is_up()
    flag.put_up()
    flag.acknowledge()
    assert target.read_text() == "untouched"
    flag.take_down()
    assert target.read_text() == "untouched"
    assert not flag.is_up()


def test_a_link_to_nowhere_counts_too(flag: StopFlag) -> None:
    flag.path.symlink_to("/nowhere")
    assert flag.is_up()
    assert not flag.is_acknowledged()


def test_a_directory_counts_and_is_taken_down_if_it_is_empty(flag: StopFlag) -> None:
    flag.path.mkdir()
    flag.put_up()
    assert flag.is_up()
    flag.take_down()
    flag.path.mkdir()
    (flag.path / "file").touch()
    with pytest.raises(StorageError) as caught:
        flag.take_down()
    assert caught.value.code == "stop_flag_stays"
    assert flag.is_up()


def test_a_pipe_holds_nobody_up(flag: StopFlag) -> None:
    os.mkfifo(flag.path)
    flag.put_up()
    flag.acknowledge()
    assert not flag.is_acknowledged()
    assert flag.is_up()


def test_where_it_cannot_be_put_up_somebody_is_told(tmp_path: Path) -> None:
    with pytest.raises(StorageError) as caught:
        StopFlag(tmp_path).put_up()
    assert caught.value.code == "stop_flag_missing"
