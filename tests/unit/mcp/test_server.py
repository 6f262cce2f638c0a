"""What an MCP host may ask."""

import json
from typing import Any

import pytest

from agentmesh import __version__
from agentmesh.mcp import words
from agentmesh.mcp.server import Server
from agentmesh.mcp.words import Fault, Said
from agentmesh.tools.catalog import TOOLS
from agentmesh.tools.tool import Tool

MODERN = {
    "_meta": {
        "io.modelcontextprotocol/protocolVersion": words.MODERN_VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
}


class Host:
    """A host of a server; `called` are the calls that reached a tool."""

    def __init__(self, answer: dict[str, Any] | None = None) -> None:
        self.called: list[tuple[str, object]] = []
        self.contexts: list[str] = []
        self._answer = answer or {"ok": True, "n": 1}
        self.server = Server(TOOLS, self._run, lambda asked: {"ok": True, "asked": asked})

    def _run(self, tool: Tool, arguments: object, context: str) -> dict[str, Any]:
        self.called.append((tool.name, arguments))
        self.contexts.append(context)
        return self._answer

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        return self.server.answer(Said("2.0", 1, method, params))

    def fails(self, method: str, **params: Any) -> int:
        with pytest.raises(Fault) as caught:
            self.ask(method, **params)
        code: int = caught.value.told["code"]
        return code


@pytest.fixture
def host() -> Host:
    begun = Host()
    begun.ask("initialize", protocolVersion="2025-11-25", capabilities={})
    return begun


@pytest.mark.parametrize("version", words.HANDSHAKE_VERSIONS)
def test_the_version_that_is_asked_for_is_spoken(version: str) -> None:
    told = Host().ask("initialize", protocolVersion=version)
    assert told["protocolVersion"] == version
    assert told["serverInfo"]["version"] == __version__


def test_who_asks_for_an_unknown_version_is_offered_the_newest() -> None:
    told = Host().ask("initialize", protocolVersion="1999-01-01")
    assert told["protocolVersion"] == words.HANDSHAKE_VERSIONS[0]


def test_nothing_is_told_before_the_handshake() -> None:
    assert Host().fails("tools/list") == words.INVALID_REQUEST
    assert Host().fails("initialize") == words.INVALID_PARAMS
    assert Host().ask("ping") == {}


def test_the_tools_are_those_of_the_catalog(host: Host) -> None:
    shown = host.ask("tools/list")
    assert [tool["name"] for tool in shown["tools"]] == list(TOOLS)
    assert all(tool["inputSchema"] == TOOLS[tool["name"]].schema for tool in shown["tools"])
    writes = {it["name"] for it in shown["tools"] if not it["annotations"]["readOnlyHint"]}
    assert writes == {
        "mesh_send", "mesh_reply", "mesh_inbox", "mesh_read", "mesh_file", "mesh_dashboard",
    }  # fmt: skip
    final = {it["name"] for it in shown["tools"] if it["annotations"]["destructiveHint"]}
    assert final == {"mesh_send", "mesh_reply", "mesh_file"}


def test_a_tool_is_called_and_its_answer_is_one_text_and_its_structure(host: Host) -> None:
    told = host.ask("tools/call", name="mesh_status", arguments={"a": 1})
    assert host.called == [("mesh_status", {"a": 1})]
    assert told["structuredContent"] == {"ok": True, "n": 1}
    assert told["content"] == [{"type": "text", "text": '{"ok":true,"n":1}'}]
    assert told["isError"] is False


def test_an_answer_that_tells_of_an_error_is_marked_as_one() -> None:
    host = Host({"ok": False, "error": {"code": "blocked"}})
    host.ask("initialize", protocolVersion="2025-11-25")
    assert host.ask("tools/call", name="mesh_status")["isError"] is True


def test_what_there_is_not_is_said(host: Host) -> None:
    assert host.fails("prompts/list") == words.UNKNOWN_METHOD
    for uri in ("agentmesh://keys", "file:///etc/passwd", None, {}):
        assert host.fails("resources/read", uri=uri) == words.NO_RESOURCE
    assert host.fails("server/discover") == words.UNKNOWN_METHOD
    for name in ("mesh_nothing", None, ["mesh_send"]):
        assert host.fails("tools/call", name=name) == words.INVALID_PARAMS
    assert host.called == []


def test_a_host_of_today_says_its_version_with_each_request() -> None:
    host = Host()
    told = host.ask("server/discover", **MODERN)
    assert told["supportedVersions"] == list(words.VERSIONS)
    assert (told["resultType"], told["cacheScope"]) == ("complete", "public")
    assert host.ask("tools/list", **MODERN)["ttlMs"] > 0
    called = host.ask("tools/call", name="mesh_status", **MODERN)
    assert (called["resultType"], "ttlMs" in called) == ("complete", False)
    assert host.fails("tools/list") == words.INVALID_REQUEST
    assert host.fails("initialize", protocolVersion="2025-11-25") == words.UNSUPPORTED_VERSION


def test_a_connection_stays_in_its_era(host: Host) -> None:
    assert host.fails("tools/list", **MODERN) == words.INVALID_REQUEST


def test_the_context_of_a_call_is_the_hosts_word_and_not_among_the_arguments(host: Host) -> None:
    said = {"name": "mesh_send", "arguments": {"context": "forged"}}
    host.ask("tools/call", **said)
    host.ask("tools/call", **said, _meta={words.CONTEXT_KEY: "t"})
    assert host.contexts == ["", "t"]
    assert host.fails("tools/call", **said, _meta={words.CONTEXT_KEY: 7}) == words.INVALID_PARAMS


def test_a_host_asks_for_messages_and_no_model_is_shown_how(host: Host) -> None:
    assert host.ask(words.DELIVER, wait=5, _meta={}) == {"ok": True, "asked": {"wait": 5}}
    assert words.DELIVER not in str(host.ask("tools/list"))


def test_status_and_inbox_are_there_to_look_at_and_looking_changes_nothing(host: Host) -> None:
    listed = host.ask("resources/list")["resources"]
    assert [it["uri"] for it in listed] == ["agentmesh://status", "agentmesh://inbox"]
    assert host.ask("resources/templates/list") == {"resourceTemplates": []}
    for it in listed:
        (shown,) = host.ask("resources/read", uri=it["uri"])["contents"]
        assert (shown["uri"], json.loads(shown["text"])) == (it["uri"], {"ok": True, "n": 1})
    assert host.called == [("mesh_status", {}), ("mesh_inbox", {"keep_unread": True})]


def test_a_host_of_today_keeps_no_copy_of_what_it_looked_at() -> None:
    shown = Host().ask("resources/read", uri="agentmesh://inbox", **MODERN)
    assert (shown["ttlMs"], shown["cacheScope"]) == (0, "private")
    assert Host().fails("resources/read", uri="x", **MODERN) == words.INVALID_PARAMS
