"""What doctor sees of OpenClaw's settings."""

import json
from pathlib import Path
from typing import Any

import pytest

from agentmesh.observability.checkup.openclaw import Place, openclaw, place
from agentmesh.observability.findings import Finding
from tests.architecture.tree import ROOT

USED = {"channels": {"agentmesh": {"enabled": True}}}
MESHDESK = {"tools": {"profile": "minimal", "alsoAllow": ["mesh_inbox", "mesh_reply"]}}


def findings(folder: Path) -> list[Finding]:
    return [it.finding for it in openclaw(Place(folder, folder / "openclaw.json"))]


def found(folder: Path, settings: object) -> list[str]:
    (folder / "openclaw.json").write_text(json.dumps(settings))
    return [it.id for it in findings(folder)]


@pytest.mark.parametrize(
    "tools",
    [
        {},
        {"profile": "full"},
        {"profile": "coding"},
        {"profile": "messaging", "alsoAllow": ["exec"]},
        {"allow": ["mesh_inbox", "group:runtime"]},
        {"allow": ["*"]},
    ],
)
def test_who_reads_the_mesh_and_runs_commands_is_named(
    tmp_path: Path, tools: dict[str, Any]
) -> None:
    assert found(tmp_path, {**USED, "tools": tools}) == ["agent_runs_commands"]
    (finding,) = findings(tmp_path)
    assert "'main'" in finding.why
    assert "docs/hosts.md" in finding.fix


@pytest.mark.parametrize(
    "tools",
    [{"profile": "messaging"}, {"profile": "minimal", "alsoAllow": ["mesh_inbox"]},
     {"deny": ["group:runtime"]}, {"deny": ["agentmesh"]}, {"deny": ["*"]},
     {"allow": ["mesh_inbox", "mesh_reply"]}, {"profile": "minimal", "alsoAllow": ["exec"]}],
)  # fmt: skip
def test_who_has_one_without_the_other_is_not(tmp_path: Path, tools: dict[str, Any]) -> None:
    assert found(tmp_path, {**USED, "tools": tools}) == []


def test_each_agent_is_looked_at_and_one_in_a_box_is_let_be(tmp_path: Path) -> None:
    agents = {"meshdesk": MESHDESK, "coder": {"tools": {"profile": "coding"}}}
    settings = {**USED, "tools": {"profile": "minimal"}, "agents": {"entries": agents}}
    assert found(tmp_path, settings) == ["agent_runs_commands"]
    assert "'coder'" in findings(tmp_path)[0].why
    boxed = {"entries": agents, "defaults": {"sandbox": {"mode": "all"}}}
    assert found(tmp_path, {**settings, "agents": boxed}) == []


def test_keys_that_lie_there_are_told_of_and_not_told(tmp_path: Path) -> None:
    assert found(tmp_path, USED) == ["agent_runs_commands"]
    assert "keys" not in findings(tmp_path)[0].why
    model = {"models": {"providers": {"x": [{"apiKey": "sk-very-secret"}]}}}
    assert found(tmp_path, {**USED, **model}) == ["agent_runs_commands"]
    assert "keys" in findings(tmp_path)[0].why
    assert "sk-very" not in findings(tmp_path)[0].why
    reference = {"models": {"providers": {"x": {"apiKey": "${KEY}"}}}}
    found(tmp_path, {**USED, **reference})
    assert "keys" not in findings(tmp_path)[0].why
    (tmp_path / ".env").write_text("A=1")
    assert "keys" in findings(tmp_path)[0].why


def test_a_channel_that_was_opened_to_commands_is_an_error(tmp_path: Path) -> None:
    opened = {"channels": {"agentmesh": {"alsoAllow": ["exec"]}}, "tools": {"profile": "minimal"}}
    assert found(tmp_path, opened) == ["peers_run_commands"]


@pytest.mark.parametrize(
    "settings",
    [{}, [], {"plugins": []}, {"plugins": {"entries": {"agentmesh": {"enabled": False}}}, **USED}],
)
def test_who_does_not_use_us_is_none_of_our_business(tmp_path: Path, settings: object) -> None:
    assert found(tmp_path, settings) == []


def test_settings_of_two_files_with_comments_are_read_as_openclaw_reads_them(
    tmp_path: Path,
) -> None:
    (tmp_path / "agents.json5").write_text("{entries: {coder: {tools: {profile: 'coding',}}}}")
    text = "{ // by hand\n tools: {profile: 'minimal',}, plugins: {entries: {agentmesh: {}}},\n"
    (tmp_path / "openclaw.json").write_text(text + " agents: {$include: './agents.json5'} }")
    assert [it.id for it in findings(tmp_path)] == ["agent_runs_commands"]
    assert "'coder'" in findings(tmp_path)[0].why


def test_settings_that_cannot_be_read_are_a_finding_if_they_may_name_us(tmp_path: Path) -> None:
    assert findings(tmp_path / "nothing") == []
    (tmp_path / "openclaw.json").write_text("{")
    assert findings(tmp_path) == []
    (tmp_path / "openclaw.json").write_text("{ plugins: { entries: { agentmesh: {} ")
    (finding,) = findings(tmp_path)
    assert finding.id == "openclaw_unread"
    assert "openclaw.json is not JSON5." in finding.why


# The plugin decides by its own code, and by the same table: tests/openclaw/rooms_rules.mjs.
CASES = json.loads((ROOT / "tests/openclaw/owner_cases.json").read_text())


@pytest.mark.parametrize(("agents", "why"), [(it["agents"], it["why"]) for it in CASES])
def test_an_owner_whom_nobody_would_wake_is_told(
    tmp_path: Path, agents: dict[str, Any], why: str
) -> None:
    settings = {"tools": {"profile": "minimal"}, "agents": agents}
    waking = {"channels": {"agentmesh": {"wakeOwner": True}}}
    assert found(tmp_path, {**settings, **USED}) == []
    assert found(tmp_path, {**settings, **waking}) == ["owner_not_woken"] * bool(why)
    assert not why or why in findings(tmp_path)[0].why


def test_its_place_is_where_it_says() -> None:
    assert place({"OPENCLAW_STATE_DIR": "/x"}) == (Path("/x"), Path("/x/openclaw.json"))
    assert place({"OPENCLAW_CONFIG_PATH": "/c", "OPENCLAW_HOME": "/h"}) == (
        Path("/h/.openclaw"),
        Path("/c"),
    )
    assert place({"OPENCLAW_PROFILE": "dev"}).state.name == ".openclaw-dev"
    assert place({}).state == Path.home() / ".openclaw"
