"""The command that is the MCP server: a host starts it and speaks to it over stdin and stdout."""

import sys

from agentmesh.cli.desk import Desk, command
from agentmesh.mcp.server import Server
from agentmesh.mcp.stdio import serve
from agentmesh.tools.catalog import TOOLS
from agentmesh.tools.tool import call


@command("mcp")
def mcp(desk: Desk) -> None:
    """Serve the mesh_* tools to an MCP host, over stdin and stdout."""
    server = Server(TOOLS, lambda tool, arguments: call(tool, arguments, desk.home))
    serve(server, sys.stdin.buffer, sys.stdout.buffer)
