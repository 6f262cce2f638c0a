"""The command that is the MCP server: a host starts it and speaks to it over stdin and stdout."""

import sys
from typing import Any

from agentmesh.cli.desk import Desk, command
from agentmesh.mcp.server import Server
from agentmesh.mcp.stdio import serve
from agentmesh.tools.catalog import TOOLS
from agentmesh.tools.delivery import deliver
from agentmesh.tools.tool import Tool, call


@command("mcp")
def mcp(desk: Desk) -> None:
    """Serve the mesh_* tools to an MCP host, over stdin and stdout."""

    def run(tool: Tool, arguments: object, context: str) -> dict[str, Any]:
        return call(tool, arguments, desk.home, context)

    server = Server(TOOLS, run, lambda asked: deliver(asked, desk.home))
    serve(server, sys.stdin.buffer, sys.stdout.buffer)
