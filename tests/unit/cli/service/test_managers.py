"""The managers of services: which one, where its file lies, and when it is not to be had."""

from pathlib import Path

import pytest

from agentmesh.cli.service import managers
from agentmesh.cli.service.managers import Launchd, State, Systemd, manager
from agentmesh.cli.service.units import Unit
from agentmesh.errors import StorageError, UsageError

UNIT = Unit("agentmesh", Path("/home/alice"), ("/bin/true",), ())


@pytest.mark.parametrize(("platform", "word"), [("linux", "systemd"), ("darwin", "launchd")])
def test_each_system_has_its_manager(
    monkeypatch: pytest.MonkeyPatch, platform: str, word: str
) -> None:
    monkeypatch.setattr(managers.sys, "platform", platform)
    assert manager({}).word == word


def test_where_none_is_known_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(managers.sys, "platform", "win32")
    with pytest.raises(UsageError) as refused:
        manager({})
    assert "agentmesh daemon" in refused.value.hint


def test_the_files_lie_where_their_managers_look(tmp_path: Path) -> None:
    found = Systemd({"XDG_CONFIG_HOME": str(tmp_path)}).path("agentmesh")
    assert found == tmp_path / "systemd" / "user" / "agentmesh.service"
    assert Systemd({"XDG_CONFIG_HOME": "here"}).path("agentmesh").is_relative_to(Path.home())
    assert Launchd({}).path("agentmesh") == Path.home() / "Library/LaunchAgents/agentmesh.plist"


def test_what_is_not_installed_is_asked_of_nobody(tmp_path: Path) -> None:
    assert Systemd({"XDG_CONFIG_HOME": str(tmp_path), "PATH": ""}).state("no") == State(False)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "systemd").write_text("a file")
    with pytest.raises(StorageError, match=str(tmp_path)):
        Systemd({"XDG_CONFIG_HOME": str(tmp_path)}).install(UNIT)


def test_a_system_without_the_program_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="systemctl"):
        Systemd({"XDG_CONFIG_HOME": str(tmp_path), "PATH": str(tmp_path)}).install(UNIT)
