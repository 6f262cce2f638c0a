"""transcripts keys, transcripts open."""

import os
from pathlib import Path

import pytest

from agentmesh.control import answers, calls
from tests.support.control_server import Script
from tests.support.processes import ROOT
from tests.unit.cli.conftest import Shell


@pytest.fixture
def descriptor() -> int:
    take, give = os.pipe()
    os.write(give, b"of the file\n")
    os.close(give)
    return take


def test_a_key_is_written_with_a_warning(
    mesh: Shell, script: Script, descriptor: int, tmp_path: Path
) -> None:
    script.answers["transcripts.keys"] = answers.TranscriptKey(session_id="s1", file="{}\n")
    file = tmp_path / "key"
    arguments = ("--output", str(file), "--passphrase-fd", str(descriptor))
    said = mesh("transcripts", "keys", "s1", *arguments)
    os.close(descriptor)
    assert said.code == 0
    assert file.read_text() == "{}\n"
    assert "Other sessions" in said.err
    assert script.asked[0][1] == calls.TranscriptsKeys(session_id="s1", passphrase="of the file")


def test_without_anybody_to_type_a_passphrase_is_asked_for_by_name(
    mesh: Shell, tmp_path: Path
) -> None:
    said = mesh("transcripts", "keys", "s1", "--output", str(tmp_path / "key"))
    assert said.code == 2
    assert "--passphrase-fd" in said.err


@pytest.mark.slow
def test_a_key_file_that_is_none_is_refused(shell: Shell, descriptor: int, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("{}")
    (tmp_path / "sealed").write_text("")
    arguments = ("--key", str(tmp_path / "key"), "--passphrase-fd", str(descriptor))
    environment = {"AGENTMESH_HOME": str(tmp_path / "none"), "PYTHONPATH": str(ROOT)}
    sealed = str(tmp_path / "sealed")
    said = shell("transcripts", "open", sealed, *arguments, environment=environment)
    os.close(descriptor)
    assert said.code == 8
    assert "no file with a transcript's key" in said.err
