"""bugreport."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from agentmesh.cli.checkup import bugreport, doctor
from agentmesh.control import answers
from agentmesh.observability.findings import Finding
from tests.support import control_server
from tests.support.control_server import ALICE, BOB, Script
from tests.unit.cli.conftest import Said, Shell

CANARY = "Kanarienvogel"
AT = "2026-01-31T12:00:00.123Z INFO agentmesh.node"


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bugreport, "_database", lambda desk: {"format": 2, "ours": 2})
    named = Finding("trusted_unverified", "note", f"{CANARY} ({BOB})", f"verify {BOB}")
    monkeypatch.setattr(doctor, "findings", lambda desk: [named])


@pytest.fixture
def talkative(mesh: Shell, script: Script) -> Shell:
    """A daemon and a home that say a secret wherever they can."""
    session = answers.Session(
        session_id="s1", peer=BOB, peer_name=CANARY, intent=CANARY, type="conversation",
        state="open", initiated_by_us=True, opened_at="", expires_at="",
    )  # fmt: skip
    link = answers.Link(url=f"wss://{CANARY.lower()}.example.org", state="connected")
    script.answers["status"] = control_server.status(
        name=CANARY,
        sessions=[session],
        sessions_total=1,
        relay=link,
        registry=link,
        warnings=[CANARY],
    )
    script.answers["sessions"] = answers.Sessions(sessions=[session], total=1)
    policy = {"consent": "ask", "blocklist": [BOB], "stop_hook": [CANARY], CANARY: CANARY}
    script.answers["policy.get"] = answers.Policy(policy=policy)
    records: list[dict[str, Any]] = [
        {"event": "knock_received", "peer": BOB, "intent": CANARY},
        {"event": f"{CANARY} {BOB}"},
    ]
    script.answers["logs"] = answers.Logs(records=records)
    config = {"name": CANARY, "relay": f"wss://{CANARY}:{CANARY}@x", "key_storage": "file"}
    (mesh.home / "config.json").write_text(json.dumps({**config, CANARY: CANARY}))
    (mesh.home / "logs").mkdir()
    (mesh.home / "logs" / "daemon.log").write_text(
        f"{AT} session.opened peer={BOB}\n{CANARY}\n{AT} odd {CANARY}\n"
    )
    return mesh


def report(shell: Shell, *options: str) -> tuple[Said, str]:
    path = shell.home / "report.json"
    said = shell("bugreport", "--output", str(path), "--json", *options)
    return said, path.read_text() if path.exists() else ""


def test_nothing_secret_gets_in(talkative: Shell) -> None:
    said, text = report(talkative, "--yes")
    assert said.code == 0
    assert CANARY.lower() not in text.lower()
    assert BOB not in text
    assert ALICE not in text
    assert str(talkative.home) not in text
    found = json.loads(text)
    assert found["log"] == {"facts": [f"{AT} session.opened peer=amid-1"], "left_out": 2}
    assert found["audit"] == {"knock_received": 1}
    assert found["policy"]["entries"]["blocklist"] == 1
    assert found["findings"][0]["id"] == "trusted_unverified"
    assert found["state"]["sessions"] == {"open": 1}
    assert found["settings"]["has_name"] is True
    assert found["versions"]["agentmesh"]


def test_ids_get_in_where_that_is_wanted(talkative: Shell) -> None:
    _, text = report(talkative, "--yes", "--with-ids")
    assert f"session.opened peer={BOB}" in text
    assert CANARY.lower() not in text.lower()


def test_what_is_in_it_is_listed_first_and_nobody_is_passed_over(talkative: Shell) -> None:
    said, text = report(talkative)
    assert said.document["error"]["code"] == "not_confirmed"
    assert text == ""
    assert [line.split()[0] for line in said.err.splitlines()] == list(bugreport.PARTS)


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 130)])
def test_somebody_on_a_terminal_is_asked(
    talkative: Shell, monkeypatch: pytest.MonkeyPatch, answer: str, code: int
) -> None:
    monkeypatch.setattr(bugreport.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(bugreport.click, "confirm", lambda text, err: answer == "y\n")
    said, text = report(talkative)
    assert said.code == code
    assert bool(text) is (code == 0)


def test_without_a_daemon_there_is_still_a_report(shell: Shell) -> None:
    _, text = report(shell, "--yes")
    found = json.loads(text)
    assert found["state"] == {"unavailable": "not_running"}
    assert found["audit"] == {"unavailable": "not_running"}
    assert found["log"] == {"facts": [], "left_out": 0}


def test_the_file_is_new_and_its_owners_alone(shell: Shell, tmp_path: Path) -> None:
    _, _ = report(shell, "--yes")
    path = shell.home / "report.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    said, _ = report(shell, "--yes")
    assert said.document["error"]["code"] == "file_exists"
    nowhere = shell("bugreport", "--yes", "--json", "--output", str(tmp_path / "no" / "place"))
    assert nowhere.document["error"]["code"] == "file_not_written"


@pytest.mark.parametrize("config", [b"[", b"\xff", b'{"relay": 5, "name": [], "key_storage": {}}'])
def test_a_broken_config_breaks_no_report(shell: Shell, config: bytes) -> None:
    (shell.home / "config.json").write_bytes(config)
    said, _ = report(shell, "--yes")
    assert said.code == 0
