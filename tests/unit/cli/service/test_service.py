"""The command `service`, where nothing is installed yet."""

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Shell


@pytest.fixture
def config(tmp_path: Path) -> dict[str, str]:
    return {"AGENTMESH_HOME": str(tmp_path / "home"), "XDG_CONFIG_HOME": str(tmp_path)}


@pytest.mark.parametrize("words", [("service",), ("service", "status")])
def test_nothing_installed_is_an_answer(
    shell: Shell, config: dict[str, str], words: tuple[str, ...]
) -> None:
    said = shell(*words, environment=config)
    assert said.code == 0
    assert "agentmesh service install" in said.out
    told = shell(*words, "--json", environment=config).document
    assert (told["installed"], told["daemon_running"], told["pid"]) == (False, False, 0)


def test_removing_what_is_not_there_is_no_error(shell: Shell, config: dict[str, str]) -> None:
    assert not shell("service", "uninstall", "--json", environment=config).document["was_installed"]


def test_a_passphrase_that_others_can_read_is_refused(
    shell: Shell, config: dict[str, str], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    asked = ("service", "install", "--passphrase-file", str(secret))
    assert "No such file" in shell(*asked, environment=config).err
    secret.write_text("x")
    secret.chmod(0o640)
    said = shell(*asked, environment=config)
    assert (said.code, "chmod 600" in said.err) == (2, True)
