"""backup, restore."""

import os
from pathlib import Path

import pytest

from agentmesh.control import answers, calls
from tests.support.control_server import ALICE, Script
from tests.support.processes import ROOT
from tests.unit.cli.conftest import Shell


@pytest.fixture
def descriptor() -> int:
    take, give = os.pipe()
    os.write(give, b"of the backup\n")
    os.close(give)
    return take


def test_a_backup_goes_where_its_owner_is_and_warns(
    mesh: Shell, script: Script, descriptor: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    script.answers["backup"] = answers.BackedUp(
        path=str(tmp_path / "b"), amid=ALICE, made_at="2026-11-21T12:00:00Z", files=7, bytes=4096
    )
    said = mesh("backup", "b", "--passphrase-fd", str(descriptor))
    os.close(descriptor)
    assert said.code == 0
    assert "Without its passphrase nobody opens this backup" in said.err
    assert "4096" in said.out
    assert script.asked[0][1] == calls.Backup(path=str(tmp_path / "b"), passphrase="of the backup")


def test_nobody_to_type_a_passphrase_is_a_sentence(mesh: Shell, tmp_path: Path) -> None:
    (tmp_path / "there").touch()
    for command in (("backup", "b"), ("restore", "there")):
        said = mesh(command[0], str(tmp_path / command[1]))
        assert said.code == 2
        assert "--passphrase-fd" in said.err


def test_a_file_that_is_not_there_is_said_before_a_passphrase_is_asked_for(
    shell: Shell, tmp_path: Path
) -> None:
    said = shell("restore", str(tmp_path / "b"))
    assert (said.code, "passphrase" in said.err) == (2, False)
    assert "does not exist" in said.err


@pytest.mark.slow
def test_what_is_no_backup_makes_no_home(shell: Shell, descriptor: int, tmp_path: Path) -> None:
    (tmp_path / "b").write_text("no backup")
    environment = {"AGENTMESH_HOME": str(tmp_path / "home"), "PYTHONPATH": str(ROOT)}
    arguments = ("--passphrase-fd", str(descriptor))
    said = shell("restore", str(tmp_path / "b"), *arguments, environment=environment)
    os.close(descriptor)
    assert said.code == 8
    assert "no backup of AgentMesh" in said.err
    assert not (tmp_path / "home").exists()
