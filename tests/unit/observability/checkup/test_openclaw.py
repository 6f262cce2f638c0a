"""What doctor sees of OpenClaw's settings."""

import json
from pathlib import Path
from typing import Any

import pytest

from agentmesh.observability.checkup.openclaw import openclaw, place

USED = {"channels": {"agentmesh": {"enabled": True}}}
MESHDESK = {"tools": {"profile": "minimal", "alsoAllow": ["mesh_inbox", "mesh_reply"]}}


def found(folder: Path, settings: object) -> list[str]:
    (folder / "openclaw.json").write_text(json.dumps(settings))
    return [it.finding.id for it in openclaw(folder)]


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
    (finding,) = [it.finding for it in openclaw(tmp_path)]
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
    assert "'coder'" in openclaw(tmp_path)[0].finding.why
    boxed = {"entries": agents, "defaults": {"sandbox": {"mode": "all"}}}
    assert found(tmp_path, {**settings, "agents": boxed}) == []


def test_keys_that_lie_there_are_told_of_and_not_told(tmp_path: Path) -> None:
    assert found(tmp_path, USED) == ["agent_runs_commands"]
    assert "keys" not in openclaw(tmp_path)[0].finding.why
    model = {"models": {"providers": {"x": [{"apiKey": "sk-very-secret"}]}}}
    assert found(tmp_path, {**USED, **model}) == ["agent_runs_commands"]
    assert "keys" in openclaw(tmp_path)[0].finding.why
    assert "sk-very" not in openclaw(tmp_path)[0].finding.why
    reference = {"models": {"providers": {"x": {"apiKey": "${KEY}"}}}}
    found(tmp_path, {**USED, **reference})
    assert "keys" not in openclaw(tmp_path)[0].finding.why
    (tmp_path / ".env").write_text("A=1")
    assert "keys" in openclaw(tmp_path)[0].finding.why


def test_a_channel_that_was_opened_to_commands_is_an_error(tmp_path: Path) -> None:
    opened = {"channels": {"agentmesh": {"alsoAllow": ["exec"]}}, "tools": {"profile": "minimal"}}
    assert found(tmp_path, opened) == ["peers_run_commands"]


@pytest.mark.parametrize(
    "settings",
    [{}, [], {"plugins": []}, {"plugins": {"entries": {"agentmesh": {"enabled": False}}}, **USED}],
)
def test_who_does_not_use_us_is_none_of_our_business(tmp_path: Path, settings: object) -> None:
    assert found(tmp_path, settings) == []


@pytest.mark.parametrize("text", [b"", b"{ // json5\n}", b"\xff", b"[" * 100_000])
def test_settings_that_cannot_be_read_are_no_finding(tmp_path: Path, text: bytes) -> None:
    assert openclaw(tmp_path / "nothing") == []
    (tmp_path / "openclaw.json").write_bytes(text)
    assert openclaw(tmp_path) == []


def test_its_place_is_where_it_says() -> None:
    assert place({"OPENCLAW_STATE_DIR": "/x"}) == Path("/x")
    assert place({}).name == ".openclaw"
