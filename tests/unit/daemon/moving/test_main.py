"""The program that moves a home in."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.draft_home import ALLOWED, draft_home, identity


def run(home: Path, *arguments: str) -> dict[str, object]:
    ended = subprocess.run(
        [sys.executable, "-m", "agentmesh.daemon.moving", *arguments, "--key-storage", "file"],
        capture_output=True, text=True, check=True,
        env={**os.environ, "AGENTMESH_HOME": str(home)},
    )  # fmt: skip
    assert ended.stderr == ""
    report: dict[str, object] = json.loads(ended.stdout)
    return report


@pytest.mark.slow
def test_a_home_is_moved_once(tmp_path: Path) -> None:
    old, home = draft_home(tmp_path / "old"), tmp_path / "home"
    dry = run(home, "--from", str(old), "--dry-run")
    assert (dry["amid"], dry["dry_run"], dry["contacts"]) == (identity()["amid"], True, [ALLOWED])
    assert not home.exists()
    moved = run(home, "--from", str(old))
    assert {**moved, "dry_run": True} == dry
    before = {it: it.read_bytes() for it in home.rglob("*") if it.is_file()}
    assert run(home, "--from", str(old)) == {**moved, "already_imported": True}
    for more in ([], ["--dry-run"]):
        other = run(home, "--from", str(old), "--new-keys", *more)
        assert other["error"]["code"] == "home_not_empty"  # type: ignore[index]
    assert {it: it.read_bytes() for it in home.rglob("*") if it.is_file()} == before


@pytest.mark.slow
def test_an_error_is_a_report(tmp_path: Path) -> None:
    told = run(tmp_path / "home", "--from", str(tmp_path / "none"))
    assert told["error"]["code"] == "nothing_to_import"  # type: ignore[index]


@pytest.mark.slow
def test_a_daemon_does_not_begin_in_a_home_of_0_2(tmp_path: Path) -> None:
    """Its own config.json would be complained about first, and help nobody."""
    old = draft_home(tmp_path / "old")
    before = (old / "policy.json").read_bytes()
    ended = subprocess.run(
        [sys.executable, "-m", "agentmesh.daemon"],
        capture_output=True, text=True, check=False, timeout=30,
        env={**os.environ, "AGENTMESH_HOME": str(old)},
    )  # fmt: skip
    assert ended.returncode == 2
    assert f"agentmesh import agentmesh-0.2 '{old}-0.2'" in ended.stderr
    assert (old / "policy.json").read_bytes() == before
