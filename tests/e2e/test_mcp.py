"""Agents whose hosts speak MCP, by the official client: of today, and of the handshake era."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client

from agentmesh.tools.catalog import TOOLS
from tests.support.mesh import Agent, Answer, Mesh

Era = Literal["auto", "legacy"]
ERAS: tuple[Era, ...] = ("auto", "legacy")


@asynccontextmanager
async def host_of(agent: Agent, era: Era = "auto") -> AsyncIterator[Client]:
    """Yield a host that has started the server of an agent."""
    program = StdioServerParameters(
        command=sys.executable,
        args=["-P", "-m", "agentmesh.cli", "mcp"],
        env=agent.full_environment(),
    )
    async with Client(stdio_client(program), mode=era) as client:
        yield client


async def called(host: Client, tool: str, **arguments: Any) -> Answer:
    """Call a tool and return the JSON object that it answers."""
    result = await host.call_tool(tool, arguments)
    (content,) = result.content
    assert content.type == "text"
    answer: Answer = json.loads(content.text)
    assert result.structured_content == answer
    assert result.is_error is not answer["ok"]
    return answer


@pytest.mark.parametrize("era", ERAS)
async def test_two_hosts_let_their_agents_talk(mesh: Mesh, era: Era) -> None:
    alice, bob = mesh.friends("alice", "bob")
    async with host_of(alice, era) as from_alice, host_of(bob, era) as from_bob:
        listed = (await from_alice.list_tools()).tools
        assert [tool.name for tool in listed] == list(TOOLS)
        sent = await called(from_alice, "mesh_send", to="bob", body="hello", wait=60)
        assert sent["outcome"] == "delivered"
        inbox = await called(from_bob, "mesh_inbox", wait=60)
        (message,) = inbox["messages"]
        assert "hello" in message["content"]
        assert "payload" not in message
        for tool in ("mesh_status", "mesh_contacts", "mesh_policy"):
            assert (await called(from_bob, tool))["ok"]
        found = await called(from_bob, "mesh_search", capability="travel")
        assert found["results"] == []


async def test_a_host_learns_what_is_wrong(mesh: Mesh) -> None:
    alone = mesh.newcomer("alone")
    async with host_of(alone) as host:
        answer = await called(host, "mesh_status")
        assert answer["error"]["code"] == "not_running"
        assert "agentmesh up" in answer["error"]["hint"]
        assert (await called(host, "mesh_send", to="bob"))["error"]["code"] == "missing_argument"
        alone.up("--name", "alone")
        assert (await called(host, "mesh_status"))["amid"] == alone.amid
