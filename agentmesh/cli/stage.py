"""The processes of a demonstration: services and agents in a directory that goes away again."""

import json
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from queue import Empty, Queue
from typing import Any

from agentmesh.cli.starting import command_line, error_in
from agentmesh.control import failures
from agentmesh.control.client import Client
from agentmesh.errors import AgentMeshError, TransportError

SERVICE_SECONDS = 20.0
COMMAND_SECONDS = 60.0
_LISTENING = "listening on "


class Service:
    """A relay or a registry, until it is ended."""

    def __init__(self, module: str, *arguments: str) -> None:
        self._module = module
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command_line(module, arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
            start_new_session=True,
        )
        self._said: Queue[str] = Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def url(self) -> str:
        """Return where it listens, once it does."""
        told = []
        try:
            while line := self._said.get(timeout=SERVICE_SECONDS):
                told.append(line)
                if line.startswith(_LISTENING):
                    return line.removeprefix(_LISTENING).strip()
        except Empty:
            pass  # it says nothing more
        raise TransportError(
            "service_failed", f"{self._module} did not start: {''.join(told[-3:]).strip()[:500]}"
        )

    def end(self) -> None:
        """End it, gently first."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(5)

    def _listen(self) -> None:
        if self._process.stdout is not None:
            with self._process.stdout as lines:
                for line in lines:
                    self._said.put(line)
        self._said.put("")


class Actor:
    """An agent with a home of its own."""

    def __init__(self, name: str, home: Path) -> None:
        self.name = name
        self.home = home

    def up(self, *options: str) -> str:
        """Start its daemon and return its AMID."""
        amid = self.command("up", "--no-open", "--name", self.name, *options)["amid"]
        return str(amid)

    def client(self) -> Client:
        """Return its daemon's other end."""
        return Client(self.home)

    def command(self, *arguments: str) -> dict[str, Any]:
        """Run `agentmesh` as this agent's owner would."""
        return run_command(arguments, {"AGENTMESH_HOME": str(self.home)})

    def down(self) -> None:
        """Stop its daemon."""
        self.command("down")


def run_command(arguments: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
    """Return what a command answers; raise the error that it tells."""
    own = {name: it for name, it in os.environ.items() if not name.startswith("AGENTMESH_")}
    done = subprocess.run(  # noqa: S603 - our own program
        command_line("agentmesh.cli", ["--json", *arguments]),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=COMMAND_SECONDS,
        check=False,
        env={**own, **environment},
    )
    try:
        answer: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        raise AgentMeshError("internal_error", "A command answered no JSON.") from None
    if not answer.pop("ok"):
        kinds = (kind.word for kind in failures.KINDS if kind.exit_code == done.returncode)
        raise error_in({**answer["error"], "kind": next(kinds, "internal")})
    return answer
