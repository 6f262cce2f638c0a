"""The files for operators name only options and figures that the services have."""

import json
import re
import urllib.request
from pathlib import Path

import pytest
from agentmesh_registry.figures import Figures
from agentmesh_relay.config import config_from

from tests.support.processes import ROOT, running
from tests.support.world import FakeClock

DEPLOY = ROOT / "services/deploy"
NAMED = re.compile(r"\b(agentmesh_[a-z_]+|process_[a-z_]+)\b")


def command(unit: str) -> list[str]:
    """Return the words that a unit starts, without the program."""
    text = (DEPLOY / unit).read_text(encoding="utf-8").replace("\\\n", " ")
    (line,) = re.findall(r"^ExecStart=(.*)$", text, re.MULTILINE)
    return str(line).split()[1:]


def figures(tmp_path: Path) -> set[str]:
    """Return the names of all that relay and registry tell."""
    own = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay", "--admin", "127.0.0.1:0")
    with (
        running("agentmesh_relay", *own) as relay,
        urllib.request.urlopen(relay.said("admin on "), timeout=30) as answer,
    ):
        told = answer.read().decode()
    told += Figures(FakeClock()).render(0, 0).decode()
    names = set(re.findall(r"^# HELP (\S+)", told, re.MULTILINE))
    assert not re.search(r"[1-9A-HJ-NP-Za-km-z]{27,28}", told), "an AMID among the figures"
    return names | {f"{name}_bucket" for name in names}


@pytest.mark.parametrize("file", ["alerts.yml", "dashboard.json"])
def test_what_is_watched_is_told(file: str, tmp_path: Path) -> None:
    text = (DEPLOY / file).read_text(encoding="utf-8")
    named = set(NAMED.findall(text))
    assert len(named) > 5
    assert named - figures(tmp_path) == set()


def test_the_relays_unit_starts_a_relay() -> None:
    config = config_from(command("agentmesh-relay.service"), {})
    assert config.trusted_proxies
    assert config.admin is not None


def test_the_registrys_unit_knows_its_options() -> None:
    options = {word for word in command("agentmesh-registry.service") if word.startswith("--")}
    with running("agentmesh_registry", "--help") as registry:
        assert registry.ended() == 0
        assert options - set(re.findall(r"--[a-z-]+", registry.output)) == set()


def test_the_dashboard_is_one() -> None:
    board = json.loads((DEPLOY / "dashboard.json").read_text(encoding="utf-8"))
    assert len({panel["title"] for panel in board["panels"]}) == len(board["panels"]) >= 8
