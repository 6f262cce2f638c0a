"""What a service manager is told: every path as it is, and nothing that it would obey instead."""

import plistlib
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from agentmesh.cli.service.units import Unit, launchd, name_of, systemd
from agentmesh.errors import UsageError

USUAL = Path("/home/alice/.agentmesh")
UNIT = Unit(
    name="agentmesh",
    home=Path('/home/alice/100% "mesh" $HOME'),
    program=("/bin/sh", "-c", 'echo "100% $HOME \\o/"'),
    environment=(("AGENTMESH_HOME", '/home/alice/100% "mesh" $HOME'),),
)


def test_each_home_has_a_name_of_its_own_and_the_usual_one_the_plain_one() -> None:
    others = [name_of(Path(f"/home/alice/{it}"), USUAL) for it in ("a b", "a-b", "ü", "..")]
    assert name_of(USUAL, USUAL) == "agentmesh"
    assert len({*others}) == len(others)
    assert all(it.startswith("agentmesh-") and it.replace("-", "").isalnum() for it in others)


def test_a_unit_says_words_and_not_what_systemd_would_make_of_them() -> None:
    lines = systemd(UNIT).splitlines()
    assert 'Environment="AGENTMESH_HOME=/home/alice/100%% \\"mesh\\" $HOME"' in lines
    assert 'ExecStart="/bin/sh" "-c" "echo \\"100%% $$HOME \\\\o/\\""' in lines
    assert 'StandardOutput=append:/home/alice/100%% "mesh" $HOME/logs/daemon.log' in lines


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="there is no systemd here")
def test_systemd_finds_nothing_wrong_with_it(tmp_path: Path) -> None:
    path = tmp_path / "agentmesh.service"
    path.write_text(systemd(replace(UNIT, passphrase=tmp_path / "secret")))
    done = subprocess.run(
        ["systemd-analyze", "--user", "--man=no", "verify", str(path)],
        env={"XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert [line for line in done.stderr.splitlines() if path.name in line] == []


def test_a_launch_agent_starts_again_after_a_failure_only() -> None:
    told = plistlib.loads(launchd(UNIT))
    assert told["ProgramArguments"] == list(UNIT.program)
    assert told["EnvironmentVariables"] == dict(UNIT.environment)
    assert told["KeepAlive"] == {"SuccessfulExit": False}
    assert told["Umask"] == 0o077


def test_a_launch_agent_hands_over_no_passphrase() -> None:
    with pytest.raises(UsageError, match="no passphrase"):
        launchd(replace(UNIT, passphrase=Path("/secret")))


def test_a_line_of_its_own_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be told"):
        systemd(replace(UNIT, home=Path("/home/x\nExecStartPre=/bin/evil")))
