"""tool."""

import pytest

from tests.support import control_server
from tests.support.control_server import Script
from tests.unit.cli.conftest import Shell


def test_a_tool_is_called_as_a_host_does(mesh: Shell, script: Script) -> None:
    script.answers["send"] = control_server.sent()
    said = mesh("tool", "mesh_send", '{"to": "bob", "body": "hello"}')
    assert said.code == 0
    assert said.document["outcome"] == "queued"
    assert script.asked[0][2] == "agent"


def test_without_a_daemon_it_is_an_answer_and_code_3(shell: Shell) -> None:
    said = shell("tool", "mesh_status")
    assert said.code == 3
    assert said.document["error"]["code"] == "not_running"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("mesh_sned", "{}"), "unknown_tool"),
        (("mesh_send", "{"), "invalid_argument"),
        (("mesh_send", "[" * 9000), "invalid_argument"),
        (("mesh_send", "[]"), "invalid_argument"),
        (("mesh_send", "{}"), "missing_argument"),
        ((), "usage_error"),
    ],
)
def test_a_wrong_call_is_told(shell: Shell, arguments: tuple[str, ...], code: str) -> None:
    said = shell("tool", *arguments, "--json")
    assert said.code == 2
    assert said.document["error"]["code"] == code


def test_every_tool_is_listed_with_its_schema(shell: Shell) -> None:
    tools = shell("tool", "--list", "--json").document["tools"]
    assert {"mesh_send", "mesh_inbox"} <= {tool["name"] for tool in tools}
    assert all(tool["parameters"]["type"] == "object" for tool in tools)
    assert "mesh_send" in shell("tool", "--list").out
