"""The command that an MCP host starts."""

import io
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from agentmesh.cli import main


def test_it_serves_the_tools_of_its_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [
        {"id": 1, "method": "initialize", "params": {"protocolVersion": "2025-11-25"}},
        {"id": 2, "method": "tools/call", "params": {"name": "mesh_status"}},
    ]
    lines = b"".join(json.dumps({"jsonrpc": "2.0", **it}).encode() + b"\n" for it in asked)
    out = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(lines)))
    monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=out, flush=out.flush))
    assert main.run(["mcp"], environment={"AGENTMESH_HOME": str(tmp_path)}) == 0
    told = {it["id"]: it["result"] for it in map(json.loads, out.getvalue().splitlines())}
    assert told[1]["serverInfo"]["name"] == "agentmesh"
    assert told[2]["structuredContent"]["error"]["code"] == "not_running"
