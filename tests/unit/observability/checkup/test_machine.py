"""What doctor sees of this machine."""

import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from agentmesh.observability.checkup import machine
from agentmesh.observability.checkup.ailment import Ailment
from agentmesh.observability.checkup.machine import Surroundings

Usage = namedtuple("Usage", "total used free")
QUIET = Surroundings(
    is_root=False, core_bytes=0, files=4096, has_swap=False, systemd=False, units=()
)


def ids(found: list[Ailment]) -> list[str]:
    return [it.finding.id for it in found]


def test_this_python_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    assert machine.python() == []
    monkeypatch.setattr(machine, "FLOOR", (4, 0))
    monkeypatch.setattr(machine.metadata, "version", lambda name: "0.1.1")
    assert ids(machine.python()) == ["python_too_old", "foreign_agentmesh"]


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        ({"is_root": True}, "running_as_root"),
        ({"core_bytes": -1}, "core_dumps_on"),
        ({"has_swap": True}, "swap_on"),
        ({"files": 256}, "file_limit_low"),
        ({"systemd": True}, "service_missing"),
    ],
)
def test_what_may_happen_to_a_daemon_is_noticed(changed: dict[str, bool], finding: str) -> None:
    assert machine.process(QUIET) == []
    assert ids(machine.process(QUIET._replace(**changed))) == [finding]


def test_a_service_that_is_there_is_seen(tmp_path: Path) -> None:
    (tmp_path / "agentmesh.service").touch()
    assert machine.process(QUIET._replace(systemd=True, units=(tmp_path,))) == []


def test_the_system_is_read_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc" / "swaps").write_text("Filename Type Size\n/swapfile file 1024\n")
    (tmp_path / "run/systemd/system").mkdir(parents=True)
    assert machine.surroundings(tmp_path).has_swap
    assert machine.surroundings(tmp_path).systemd
    (tmp_path / "proc" / "swaps").write_text("Filename Type Size\n")
    assert not machine.surroundings(tmp_path).has_swap
    assert not machine.surroundings(tmp_path / "none").systemd


def test_limits_are_those_of_the_process() -> None:
    program = (
        "import resource as r;"
        "r.setrlimit(r.RLIMIT_NOFILE, (100, 100));"
        "r.setrlimit(r.RLIMIT_CORE, (0, 0));"
        "from agentmesh.observability.checkup import machine;"
        "print(machine.surroundings()[1:3])"
    )
    said = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout == "(0, 100)\n"


@pytest.mark.parametrize(
    ("free", "severities"), [(10**12, []), (100 * 1024**2, ["warning"]), (0, ["error"])]
)
def test_a_full_disk_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, severities: list[str]
) -> None:
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: Usage(0, 0, free))
    found = machine.disk(tmp_path / "not" / "yet")
    assert [it.finding.severity for it in found] == severities


def test_a_disk_without_inodes_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    volume = namedtuple("volume", "f_files f_favail")
    monkeypatch.setattr(machine.shutil, "disk_usage", lambda path: Usage(0, 0, 10**12))
    monkeypatch.setattr(machine.os, "statvfs", lambda path: volume(10**6, 3))
    assert ids(machine.disk(tmp_path)) == ["inodes_low"]
    for enough in (volume(10**6, 10**5), volume(0, 0)):  # none to count: not every disk has them
        monkeypatch.setattr(machine.os, "statvfs", lambda path, it=enough: it)
        assert ids(machine.disk(tmp_path)) == []
