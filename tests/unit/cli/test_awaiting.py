"""Progress while a request is waited for."""

from typing import Any

import pytest

from agentmesh.cli import awaiting
from agentmesh.control import answers, calls
from tests.support import control_server
from tests.support.control_server import Script
from tests.unit.cli.conftest import Shell

REQUEST = ("send", "bob", '{"seats":2}', "--type", "request_response", "--wait", "5")


def progress(name: str, share: float, **more: Any) -> answers.Progress:
    return answers.Progress(message_id=name, progress=share, **more)


def answering(*told: answers.Sent) -> Any:
    left = list(told)
    return lambda _: left.pop(0)


def test_each_step_is_shown_until_the_answer_is_there(mesh: Shell, script: Script) -> None:
    script.answers["send"] = control_server.sent()
    script.answers["outcome"] = answering(
        control_server.sent(progress=progress("p1", 0.25, phase="search\x1b[2J")),
        control_server.sent(
            progress=progress("p2", 0.5, message="half", estimated_completion_seconds=70)
        ),
        control_server.sent(outcome="consumed", reply=control_server.message()),
    )
    said = mesh(*REQUEST)
    assert said.code == 0
    assert said.out.startswith("consumed  m2\n")
    assert said.err.splitlines() == [
        " 25%  search\N{REPLACEMENT CHARACTER}[2J",
        " 50%, 1 min 10 s left  half",
    ]
    seen = [it.seen for _, it, _ in script.asked if isinstance(it, calls.Outcome)]
    assert seen == ["", "p1", "p2"]


def test_time_that_is_over_is_a_note_here_too(mesh: Shell, script: Script) -> None:
    script.answers["send"] = control_server.sent()
    script.answers["outcome"] = control_server.sent(timed_out=True)
    said = mesh(*REQUEST)
    assert said.code == 0
    assert "time is over" in said.err


def test_a_refusal_ends_the_wait(mesh: Shell, script: Script) -> None:
    script.answers["send"] = control_server.sent()
    script.answers["outcome"] = control_server.sent(outcome="refused", reason="blocked")
    assert mesh(*REQUEST).code == 5


def test_with_json_one_document_comes_and_nothing_before(mesh: Shell, script: Script) -> None:
    script.answers["send"] = control_server.sent(progress=progress("p1", 0.25))
    said = mesh(*REQUEST, "--json")
    assert said.document["progress"]["progress"] == 0.25
    assert [name for name, _, _ in script.asked] == ["send"]


def test_on_a_terminal_one_line_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []

    class Terminal:
        encoding = "utf-8"

        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> None:
            written.append(text)

        def flush(self) -> None:
            pass

    monkeypatch.setattr("sys.stderr", Terminal())
    line = awaiting._Line()
    line.show("longer")
    line.show("short")
    line.end()
    assert written == ["\rlonger", "\rshort ", "\n"]
