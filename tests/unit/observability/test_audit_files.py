"""The files of the audit log."""

import os
import stat
from pathlib import Path

import pytest

from agentmesh.crypto.secret import Secret
from agentmesh.observability.audit_files import (
    audit_files,
    last_line,
    mend,
    open_last,
    open_new,
    retire,
)
from agentmesh.observability.audit_line import Event, Head, Marks, write

MARKS = Marks(Secret(b"k" * 32))


def put(directory: Path, name: str, first: int) -> Head:
    """A file with one line of this number."""
    raw, head = write(MARKS, Head(first - 1, "x"), "t", Event.ERROR, [{}])
    (directory / name).write_bytes(raw)
    return head


def test_files_come_in_the_order_of_their_lines_and_not_of_their_names(tmp_path: Path) -> None:
    put(tmp_path, "audit-2028-02-19.jsonl", 1)
    put(tmp_path, "audit-2027-01-15.2.jsonl", 30)
    put(tmp_path, "audit-2027-01-15.jsonl", 7)
    files, broken = audit_files(tmp_path, MARKS)
    assert [(file.first, file.day, file.part) for file in files] == [
        (1, "2028-02-19", 1),
        (7, "2027-01-15", 1),
        (30, "2027-01-15", 2),
    ]
    assert broken == []


@pytest.mark.parametrize(
    "name",
    ["audit-today.jsonl", "audit-2027-01-15.jsonl.torn", "audit-2027-01-15.x.jsonl", "a.txt"],
)
def test_what_has_another_name_is_no_file_of_the_log(name: str, tmp_path: Path) -> None:
    put(tmp_path, name, 1)
    assert audit_files(tmp_path, MARKS) == ([], [])


def test_a_file_that_does_not_begin_with_a_line_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "audit-2027-01-15.jsonl").write_bytes(b"torn")
    assert audit_files(tmp_path, MARKS) == ([], [tmp_path / "audit-2027-01-15.jsonl"])


def test_a_new_file_takes_no_name_that_is_taken(tmp_path: Path) -> None:
    put(tmp_path, "audit-2027-01-15.jsonl", 1)
    (tmp_path / "audit-2027-01-15.2.jsonl").symlink_to(tmp_path / "elsewhere")
    handle, file = open_new(tmp_path, "2027-01-15")
    os.close(handle)
    assert file.path.name == "audit-2027-01-15.3.jsonl"
    assert not (tmp_path / "elsewhere").exists()


def test_a_file_that_is_gone_on_with_is_made_private_again(tmp_path: Path) -> None:
    put(tmp_path, "audit-2027-01-15.jsonl", 1)
    (file,), _ = audit_files(tmp_path, MARKS)
    file.path.chmod(0o644)
    os.close(open_last(file))
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600


def test_only_what_is_torn_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "audit-2027-01-15.jsonl"
    put(tmp_path, path.name, 1)
    whole = path.read_bytes()
    assert mend(path) == 0
    assert list(tmp_path.iterdir()) == [path]
    for torn in (b"torn", b"again"):
        path.write_bytes(whole + torn)
        assert mend(path) == len(torn)
    assert path.read_bytes() == whole
    assert Path(f"{path}.torn").read_bytes() == b"tornagain"


def test_a_retired_file_keeps_its_bytes_under_another_name(tmp_path: Path) -> None:
    path = tmp_path / "audit-2027-01-15.jsonl"
    path.write_bytes(b"torn")
    assert retire(path) == 4
    assert [each.name for each in tmp_path.iterdir()] == [f"{path.name}.torn"]


@pytest.mark.parametrize(
    ("behind", "is_ours"), [(b"", True), (b'{"torn', True), (b"garbage\n", False)]
)
def test_the_last_whole_line_is_found(behind: bytes, is_ours: bool, tmp_path: Path) -> None:
    path = tmp_path / "audit-2027-01-15.jsonl"
    head = put(tmp_path, path.name, 7)
    path.write_bytes(path.read_bytes() + behind)
    assert last_line(path, MARKS) == (head, is_ours)


def test_a_file_without_a_line_ends_nowhere(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"garbage\n")
    assert last_line(tmp_path / "file", MARKS) == (Head(), False)
