"""A host of an agent: it starts `agentmesh mcp` and calls its tools, as a line each way."""

import json
import subprocess
import sys
from types import TracebackType
from typing import Any, Self

from tests.support.mesh import Agent, Answer

SECONDS = 60.0


class Host:
    """One connection to the tools of an agent. `context`: the session in which it calls them."""

    def __init__(self, agent: Agent) -> None:
        self._agent = agent
        self.context = ""
        self._number = 0

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "agentmesh.cli", "mcp"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._agent.full_environment(),
        )
        client = {"name": "a host", "version": "1"}
        hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client}
        self.ask("initialize", hello)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(SECONDS)
        self._process.stdout.close()

    def ask(self, method: str, params: Answer) -> Answer:
        """Return the whole line that answers a request."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._number += 1
        said = {"jsonrpc": "2.0", "id": self._number, "method": method, "params": params}
        self._process.stdin.write(json.dumps(said).encode() + b"\n")
        self._process.stdin.flush()
        for line in self._process.stdout:
            answer: Answer = json.loads(line)
            if answer.get("id") == self._number:
                return answer
        raise AssertionError("the tools have ended")

    def call(self, tool: str, **arguments: Any) -> Answer:
        """Return what a tool answers; a fault of the protocol looks like a refusal."""
        meta = {"agentmesh/context": self.context}
        answer = self.ask("tools/call", {"name": tool, "arguments": arguments, "_meta": meta})
        if "error" in answer:
            return {"ok": False, "error": answer["error"]}
        content: Answer = answer["result"]["structuredContent"]
        return content

    def deliveries(self) -> list[Answer]:
        """Return the messages that may wake the agent, each with its own session's token."""
        delivered: list[Answer] = self.ask("agentmesh/deliver", {})["result"]["messages"]
        return delivered
