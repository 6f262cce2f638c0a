"""How OpenClaw's settings are read: as it reads them itself, and never without a bound."""

import os
from pathlib import Path

import pytest

from agentmesh.observability.checkup.openclaw_settings import MAX_BYTES, Unreadable, read


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "openclaw.json"


def test_what_stands_beside_wins_and_lists_come_one_after_the_other(
    file: Path, tmp_path: Path
) -> None:
    file.write_text("{$include: ['a.json', 'sub/b.json'], agentmesh: {list: [3], of: 'root'}}")
    (tmp_path / "a.json").write_text("{agentmesh: {list: [1], of: 'a', only: true}}")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/b.json").write_text("{$include: 'c.json'}")
    (tmp_path / "sub/c.json").write_text("{agentmesh: {list: [2], of: 'c'}}")
    assert read(file) == {"agentmesh": {"list": [1, 2, 3], "of": "root", "only": True}}


@pytest.mark.parametrize("text", ["", "{}", "[", "{other: 1", "[1, 2]", "'agentmesh'"])
def test_what_does_not_name_us_is_nothing(file: Path, text: str) -> None:
    assert read(file) == {}
    file.write_text(text)
    assert read(file) == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{agentmesh: ", "is not JSON5"),
        ("{agentmesh: \udcff}", "is not JSON5"),
        ("agentmesh" + "[" * 1000, "is not JSON5"),
        ("{agentmesh:" + "[" * 1000 + "]" * 1000 + "}", "is not JSON5"),
        ("{$include: 'nowhere.json'}", "No such file"),
        ("{$include: 'openclaw.json'}", "too many files"),
        ("{$include: ['openclaw.json', 'openclaw.json']}", "too many files"),
        ("{$include: '.'}", "is no file"),
        ("{$include: '\\0'}", "no path"),
        ("{$include: '/dev/zero'}", "is no file"),
        ("//agentmesh" + " " * MAX_BYTES, "is no file"),
    ],
)
def test_what_cannot_be_read_is_said(file: Path, text: str, why: str) -> None:
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(Unreadable, match=why):
        read(file)


def test_a_pipe_or_a_link_to_nothing_holds_nobody_up(file: Path) -> None:
    os.mkfifo(file)
    with pytest.raises(Unreadable, match="is no file"):
        read(file)
    file.unlink()
    file.symlink_to("gone")
    with pytest.raises(Unreadable, match="No such file"):
        read(file)
