"""Calling a tool: one JSON object, whatever happens."""

from pathlib import Path

import pytest

from agentmesh.errors import NeedsOwner
from agentmesh.tools.catalog import TOOLS
from agentmesh.tools.tool import Tool, attempt, call
from tests.support.control_server import Script

SEND = TOOLS["mesh_send"]
HELLO = {"to": "bob", "body": "hello"}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({}, "missing_argument"),
        ({**HELLO, "to_all": True}, "unknown_argument"),
        ([], "invalid_argument"),
        ("hello", "invalid_argument"),
        (None, "invalid_argument"),
    ],
)
def test_wrong_arguments_are_told_before_anything_is_asked(
    tmp_path: Path, arguments: object, code: str
) -> None:
    answer = call(SEND, arguments, tmp_path)
    assert answer["ok"] is False
    assert answer["error"]["code"] == code


def test_wrong_values_are_told_by_the_daemon(home: Path) -> None:
    answer, exit_code = attempt(SEND, {**HELLO, "wait": "long"}, home)
    assert answer["error"]["code"] == "invalid_argument"
    assert exit_code == 2


def test_without_a_daemon_the_answer_says_how_to_start_it(tmp_path: Path) -> None:
    answer, exit_code = attempt(SEND, HELLO, tmp_path)
    assert answer == {
        "ok": False,
        "error": {
            "code": "not_running",
            "message": "The daemon is not running.",
            "hint": "Run `agentmesh up`.",
        },
    }
    assert exit_code == 3


def test_what_the_daemon_refuses_is_an_answer(home: Path, script: Script) -> None:
    script.answers["send"] = NeedsOwner("awaiting_owner", "The owner must look.")
    answer, exit_code = attempt(SEND, HELLO, home)
    assert answer["error"]["code"] == "awaiting_owner"
    assert exit_code == 9


def test_a_bug_is_an_answer_as_well(tmp_path: Path) -> None:
    def broken(client: object, given: object) -> dict[str, object]:
        raise ValueError("secret")

    tool = Tool(name="broken", description="", properties={}, run=broken)
    answer, exit_code = attempt(tool, {}, tmp_path)
    assert answer["error"]["code"] == "internal_error"
    assert "secret" not in str(answer)
    assert exit_code == 70
