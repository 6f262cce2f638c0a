"""What doctor sees without the daemon."""

import contextlib
import socket
import sqlite3
from collections import namedtuple
from pathlib import Path

import pytest

from agentmesh.cli import local_checks
from agentmesh.control import places
from tests.support.control_server import Script, serving

Usage = namedtuple("Usage", "total used free")


def ids(findings: list[local_checks.Finding]) -> list[str]:
    return [finding.id for finding in findings]


def test_this_python_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert local_checks.python() == []
    monkeypatch.setattr(local_checks, "FLOOR", (4, 0))
    monkeypatch.setattr(local_checks.metadata, "version", lambda name: "0.1.1")
    assert ids(local_checks.python()) == ["python_too_old", "foreign_agentmesh"]


def test_a_home_is_closed_to_others(tmp_path: Path) -> None:
    assert ids(local_checks.home(tmp_path / "none")) == ["no_home"]
    tmp_path.chmod(0o700)
    (tmp_path / "keys").mkdir(mode=0o700)
    secret = tmp_path / "keys" / "secret"
    secret.touch(mode=0o600)
    assert local_checks.home(tmp_path) == []
    tmp_path.chmod(0o755)
    secret.chmod(0o640)
    assert ids(local_checks.home(tmp_path)) == ["directory_open", "file_open"]
    assert str(secret) in local_checks.home(tmp_path)[1].fix


@pytest.mark.parametrize(
    ("free", "severities"), [(10**12, []), (100 * 1024**2, ["warning"]), (0, ["error"])]
)
def test_a_full_disk_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, severities: list[str]
) -> None:
    monkeypatch.setattr(local_checks.shutil, "disk_usage", lambda path: Usage(0, 0, free))
    found = local_checks.disk(tmp_path / "not" / "yet")
    assert [finding.severity for finding in found] == severities


def test_the_socket_tells_whether_somebody_listens(tmp_path: Path) -> None:
    assert ids(local_checks.socket(tmp_path)) == ["not_running"]
    with serving(tmp_path, Script()):
        assert local_checks.socket(tmp_path) == []
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(places.socket_in(tmp_path)))
    assert ids(local_checks.socket(tmp_path)) == ["socket_stale"]


def test_a_whole_database_is_no_finding_and_a_damaged_one_is(tmp_path: Path) -> None:
    assert local_checks.database(tmp_path) == []
    path = tmp_path / "agentmesh.db"
    with contextlib.closing(sqlite3.connect(path)) as made:
        made.execute("CREATE TABLE words (word TEXT)")
    assert local_checks.database(tmp_path) == []
    for damaged in (b"", b"no database " * 1000):
        path.write_bytes(damaged)
        (finding,) = local_checks.database(tmp_path)
        assert (finding.id, finding.severity) == ("database_corrupt", "error")
        assert f"mv '{path}'*" in finding.fix
