"""status, logs, events."""

import json

import pytest

from agentmesh.cli import following
from agentmesh.control import answers, calls
from agentmesh.errors import UsageError
from tests.support import control_server
from tests.support.control_server import ALICE, Script
from tests.unit.cli.conftest import Shell

PAUSED = answers.Event(kind="paused", at="2026-01-31T12:00:00.000Z", data={"by": "owner"})


def test_status_tells_people_everything_at_once(mesh: Shell, script: Script) -> None:
    script.answers["status"] = control_server.status(warnings=["Keys are in a file."])
    out = mesh("status").out
    for words in (ALICE, "pid 4711, up 1 min 2 s", "connected", "1 unread", "2 waiting for you",
                  "No sessions.", "Warning: Keys are in a file."):  # fmt: skip
        assert words in out


def test_status_says_how_many_sessions_it_leaves_out(mesh: Shell, script: Script) -> None:
    script.answers["status"] = control_server.status(sessions_total=950)
    assert "\n950 more: agentmesh sessions" in mesh("status").out


def test_status_tells_who_answers_for_this_agent(mesh: Shell, script: Script) -> None:
    borne = answers.Certified(
        amid=control_server.ALICE, tier=1.5, organization="acme.example", expires_at="2028-01-01"
    )
    script.answers["status"] = control_server.status(certificate=borne)
    assert "acme.example: tier 1.5, until 2028-01-01\n" in mesh("status").out


@pytest.mark.parametrize(
    ("state", "words"), [({"paused": True}, "paused"), ({"stopped": True}, "stopped")]
)
def test_status_tells_which_breaker_is_on(
    mesh: Shell, script: Script, state: dict[str, bool], words: str
) -> None:
    script.answers["status"] = control_server.status(**state)
    assert words in mesh("status").out


def test_logs_need_no_daemon(shell: Shell) -> None:
    assert shell("logs", "--json").document["lines"] == []
    (shell.home / "logs").mkdir()
    (shell.home / "logs" / "daemon.log").write_text("one\ntwo\nthree \x1b[2J\n")
    assert shell("logs", "--lines", "2").out == "two\nthree \N{REPLACEMENT CHARACTER}[2J\n"
    assert shell("logs", "--lines", "1", "--json").document["lines"] == ["three \x1b[2J"]


def test_a_log_is_followed_into_its_next_file(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    (shell.home / "logs").mkdir()
    log = shell.home / "logs" / "daemon.log"
    log.write_text("old line\n")
    written = iter(("old line\nnew\n", "next\n"))

    def pause(seconds: float) -> None:
        text = next(written, None)
        if text is None:
            raise KeyboardInterrupt
        log.write_text(text)

    monkeypatch.setattr(following.time, "sleep", pause)
    said = shell("logs", "--follow", "--json")
    assert said.code == 130
    lines = [json.loads(line) for line in said.out.splitlines()]
    assert lines == [{"ok": True, "line": line} for line in ("old line", "new", "next")]


def test_the_audit_log_comes_from_the_daemon(mesh: Shell, script: Script) -> None:
    script.answers["logs"] = answers.Logs(records=[{"kind": "knock_received"}])
    assert mesh("logs", "--audit", "--lines", "7").out == '{"kind":"knock_received"}\n'
    assert script.asked[0][1] == calls.Logs(limit=7)
    assert mesh("logs", "--audit", "--follow").code == 2


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody presses Ctrl-C as soon as the daemon is gone."""

    def pause(seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(following, "_is_back", lambda desk: False)
    monkeypatch.setattr(following.time, "sleep", pause)


@pytest.mark.usefixtures("ends")
def test_events_are_one_document_a_line(mesh: Shell, script: Script) -> None:
    script.answers["events.subscribe"] = [PAUSED, PAUSED, UsageError("over")]
    said = mesh("events", "--follow", "--kind", "paused", "--json")
    assert said.code == 130
    told = [json.loads(line) for line in said.out.splitlines()]
    assert [(line["ok"], line["kind"]) for line in told] == [(True, "paused")] * 2
    assert said.err == "The daemon has ended; waiting for its next start. Ctrl-C ends this.\n"
    assert script.asked[0][1] == calls.EventsSubscribe(kinds=["paused"])


@pytest.mark.usefixtures("ends")
def test_people_see_events_as_facts(mesh: Shell, script: Script) -> None:
    script.answers["events.subscribe"] = [PAUSED, UsageError("over")]
    said = mesh("events", "--follow")
    assert said.out == "2026-01-31T12:00:00.000Z  paused  by=owner\n"


def test_events_only_come_as_they_happen(shell: Shell) -> None:
    assert shell("events", "--json").document["error"]["hint"] == "Add --follow."
