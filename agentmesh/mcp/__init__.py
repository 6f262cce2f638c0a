"""The mesh_* tools for every host that speaks MCP: a server on stdin and stdout."""
