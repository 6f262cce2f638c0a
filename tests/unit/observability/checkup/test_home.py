"""What doctor sees of the home."""

import os
from pathlib import Path

import pytest

from agentmesh.observability.checkup import home
from agentmesh.observability.checkup.ailment import Ailment


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / "home"
    (directory / "keys").mkdir(parents=True)
    for place in (directory, directory / "keys"):
        place.chmod(0o700)
    return directory


def ids(found: list[Ailment]) -> list[str]:
    return [it.finding.id for it in found]


def mended(found: list[Ailment]) -> list[str]:
    return [it.mend() for it in found if it.mend is not None]


def test_a_home_is_closed_to_others(directory: Path) -> None:
    assert ids(home.home(directory / "none")) == ["no_home"]
    secret = directory / "keys" / "secret"
    secret.touch(mode=0o600)
    assert [it.finding.why for it in home.home(secret)] == [f"{secret} is no directory."]
    assert home.home(directory) == []
    directory.chmod(0o755)
    secret.chmod(0o640)
    found = home.home(directory)
    assert ids(found) == ["directory_open", "file_open"]
    assert found[1].finding.fix == f"chmod 600 '{secret}'"
    assert len(mended(found)) == 2
    assert home.home(directory) == []


def test_a_link_to_somebody_elses_file_is_none_of_ours(directory: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs").touch(mode=0o644)
    (directory / "link").symlink_to(tmp_path / "theirs")
    assert home.home(directory) == []


def test_a_home_that_takes_nothing_is_noticed(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(home.os, "access", lambda path, mode: False)  # root may write anywhere
    assert ids(home.home(directory)) == ["home_readonly"]


def test_a_backup_that_others_can_read_is_closed(directory: Path) -> None:
    backup = directory.parent / "agentmesh-backup-1"
    backup.touch(mode=0o644)
    found = home.home(directory)
    assert ids(found) == ["backup_open"]
    mended(found)
    assert home.home(directory) == []


def test_what_a_crash_left_is_removed_once_it_is_old(directory: Path) -> None:
    left = directory / "keys" / ".identity.json.0123.new"
    left.touch(mode=0o600)
    assert home.home(directory) == [], "perhaps it is being written just now"
    os.utime(left, (0, 0))
    found = home.home(directory)
    assert ids(found) == ["leftovers"]
    assert mended(found) == ["1 unfinished files were removed."]
    assert mended(found) == ["1 unfinished files were removed."], "twice does no harm"
    assert home.home(directory) == []


@pytest.mark.parametrize(
    ("mounts", "found"),
    [
        ("/dev/sda1 / ext4 rw 0 0\n", []),
        ("/dev/sda1 / ext4 rw 0 0\nhost:/x /srv nfs4 rw 0 0\n", ["home_on_network"]),
        ("tmpfs /srv tmpfs rw 0 0\n", ["home_is_temporary"]),
        ("host:/x /srv/other nfs4 rw 0 0\ngarbage\n", []),
    ],
)
def test_where_the_home_is_matters(tmp_path: Path, mounts: str, found: list[str]) -> None:
    (tmp_path / "mounts").write_text(mounts)
    assert ids(home.place(Path("/srv/agent"), tmp_path / "mounts")) == found


def test_a_home_in_a_directory_for_temporary_files_is_noticed(tmp_path: Path) -> None:
    assert ids(home.place(Path("/tmp/agent"), tmp_path / "none")) == ["home_is_temporary"]
    assert ids(home.place(Path("/srv/agent"), tmp_path / "none")) == []
