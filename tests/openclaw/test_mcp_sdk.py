"""The official TypeScript client of MCP, and an agent's server: every tool, every resource."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agentmesh.control import calls
from agentmesh.tools.catalog import TOOLS
from tests.openclaw.host import Missing, sdk_installed
from tests.support.mesh import Agent, Mesh
from tests.support.processes import ROOT

pytestmark = pytest.mark.timeout(300)


class Sdk:
    """The client, and what it is told to ask."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._say, self._hear = process.stdin, process.stdout

    def ask(self, what: str, **given: Any) -> dict[str, Any]:
        self._say.write(json.dumps({"what": what, **given}) + "\n")
        self._say.flush()
        told: dict[str, Any] = json.loads(self._hear.readline())
        return told

    def call(self, name: str, **given: Any) -> dict[str, Any]:
        """Call a tool; return the JSON object that it answers."""
        result = self.ask("call", name=name, given=given)["result"]
        answer: dict[str, Any] = json.loads(result["content"][0]["text"])
        assert result["structuredContent"] == answer
        assert result["isError"] is not answer["ok"]
        return answer


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A node, and a folder with our script beside the client's modules."""
    try:
        node, packages = sdk_installed()
    except Missing as missing:
        pytest.skip(f"NOT TESTED WITH THE TYPESCRIPT SDK: {missing}")
    folder = tmp_path_factory.mktemp("sdk")
    shutil.copy(Path(__file__).with_name("sdk_client.mjs"), folder)
    (folder / "node_modules").symlink_to(packages)
    return node, folder / "sdk_client.mjs"


@contextmanager
def sdk_of(agent: Agent, modules: tuple[Path, Path]) -> Iterator[Sdk]:
    """Yield a client of an agent whose home is where a home is: no variable says so."""
    node, script = modules
    program = agent.home.parent / "agentmesh"
    program.write_text(
        f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m agentmesh.cli "$@"\n'
    )
    program.chmod(0o700)
    environment = {"HOME": str(agent.home.parent), "PATH": os.environ["PATH"]}
    process = subprocess.Popen(
        [str(node), str(script), str(program), "mcp"],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Sdk(process)
    finally:
        process.communicate(timeout=60)


@pytest.fixture(scope="module")
def friends(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Agent, Agent]]:
    with Mesh(tmp_path_factory.mktemp("sdk-mesh")) as mesh:
        home = tmp_path_factory.mktemp("owner") / ".agentmesh"
        alice = Agent(home, mesh.environment, "alice")
        alice.up("--name", "alice")
        bob = mesh.agent("bob")
        for one, other in ((alice, bob), (bob, alice)):
            one.ask("contacts", "add", other.amid, "--alias", other.name)
        yield alice, bob
        alice.down()


def test_every_tool_and_resource_answers_without_a_variable_that_says_where(
    friends: tuple[Agent, Agent], modules: tuple[Path, Path]
) -> None:
    alice, bob = friends
    with sdk_of(alice, modules) as sdk:
        listed = sdk.ask("tools")["result"]["tools"]
        assert [tool["name"] for tool in listed] == list(TOOLS)
        assert [it["inputSchema"] for it in listed] == [it.schema for it in TOOLS.values()]
        for tool in listed:
            wanted = TOOLS[tool["name"]]
            assert tool["annotations"]["readOnlyHint"] is wanted.only_reads
            assert tool["annotations"]["destructiveHint"] is wanted.is_final
            answer = sdk.call(tool["name"])
            assert answer["ok"] or answer["error"]["hint"] or answer["error"]["message"]
        assert sdk.call("mesh_status")["amid"] == alice.amid
        assert sdk.call("mesh_send", to="bob", body="hello", wait=20)["outcome"] == "delivered"
        bob.ask("reply", bob.gets("hello")["message_id"], "hello yourself", "--wait", "20")
        uris = [it["uri"] for it in sdk.ask("resources")["result"]["resources"]]
        shown = {
            uri: json.loads(sdk.ask("read", uri=uri)["result"]["contents"][0]["text"])
            for uri in uris
        }
        assert shown["agentmesh://status"]["amid"] == alice.amid
        (unread,) = shown["agentmesh://inbox"]["messages"]
        assert "hello yourself" in unread["content"]
        assert len(alice.ask("inbox", "--unread")["messages"]) == 1


def test_a_long_call_tells_of_its_progress_to_who_asks(
    friends: tuple[Agent, Agent], modules: tuple[Path, Path]
) -> None:
    alice, _ = friends
    with sdk_of(alice, modules) as sdk:
        sdk.call("mesh_inbox")
        given = {"wait": 8}
        told = sdk.ask("call", name="mesh_inbox", given=given, options={"told": True})["result"]
        assert told["progress"]


def test_what_is_malformed_or_too_large_is_an_error_of_the_protocol_and_the_next_is_answered(
    friends: tuple[Agent, Agent], modules: tuple[Path, Path]
) -> None:
    alice, _ = friends
    with sdk_of(alice, modules) as sdk:
        assert sdk.ask("call", name="mesh_nothing", given={})["error"]["code"] == -32602
        assert sdk.ask("read", uri="agentmesh://keys")["error"]["code"] == -32002
        assert sdk.call("mesh_send", to=7, body="x")["error"]["code"] == "invalid_argument"
        large = "x" * (calls.MAX_LINE + 1)
        options = {"timeout": 2000}
        asked = {"name": "mesh_send", "given": {"to": "bob", "body": large}, "options": options}
        assert "error" in sdk.ask("call", **asked)
        assert sdk.call("mesh_status")["ok"]
