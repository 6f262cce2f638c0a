"""Files a command makes for the owner."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

import pytest

from agentmesh.cli.records.files import read_file, write_new
from agentmesh.errors import StorageError, UsageError


def test_a_file_is_private_under_any_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_new(tmp_path / "file", lambda file: file.write(b"words"))
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o600
    assert (tmp_path / "file").read_bytes() == b"words"
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.parametrize("kind", ["file", "link", "directory"])
def test_nothing_is_overwritten(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "there"
    if kind == "file":
        path.write_text("mine")
    elif kind == "link":
        path.symlink_to(tmp_path / "nowhere")
    else:
        path.mkdir()
    with pytest.raises(UsageError, match="there already"):
        write_new(path, lambda file: file.write(b"words"))
    assert os.listdir(tmp_path) == ["there"]


def test_what_comes_to_lie_there_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "there"

    def slow(file: BinaryIO) -> None:
        path.write_text("mine")
        file.write(b"words")

    with pytest.raises(UsageError, match="there already"):
        write_new(path, slow)
    assert path.read_text() == "mine"
    assert os.listdir(tmp_path) == ["there"]


def test_half_a_file_is_none(tmp_path: Path) -> None:
    def fail(file: BinaryIO) -> None:
        file.write(b"half")
        raise StorageError("lost")

    with pytest.raises(StorageError, match="lost"):
        write_new(tmp_path / "file", fail)
    assert os.listdir(tmp_path) == []


def test_a_place_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="No such file"):
        write_new(tmp_path / "no" / "file", lambda file: file.write(b""))


def test_a_file_is_read_up_to_a_bound(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"ab\xff")
    assert read_file(tmp_path / "file", 3) == "ab\ufffd"
    with pytest.raises(UsageError, match="larger"):
        read_file(tmp_path / "file", 2)
    with pytest.raises(UsageError, match="No such file"):
        read_file(tmp_path / "nothing", 2)
    with pytest.raises(UsageError, match="directory"):
        read_file(tmp_path, 2)
