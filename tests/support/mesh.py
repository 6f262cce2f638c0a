"""A whole mesh on this machine: relay, registry and agents as processes, driven by the CLI alone.

    with Mesh(tmp_path) as mesh:
        alice, bob = mesh.agent("alice"), mesh.agent("bob")
        alice.ask("send", bob.amid, "hello")

Leaving ends every process by its own pid, and looks for tracebacks and bugs in every log.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar

from agentmesh.control import answers, calls
from agentmesh.control.client import Client
from agentmesh.observability.world import SystemClock
from tests.support.fresh_database import fresh_sqlite
from tests.support.patience import PATIENCE
from tests.support.processes import ROOT, Program, start

_PAUSE = 0.05
_BUG = re.compile(r"^.*(?:Traceback|\.bug\b| (?:ERROR|CRITICAL) ).*$", re.MULTILINE)

T = TypeVar("T")
A = TypeVar("A", bound=answers.Answer)
Answer = dict[str, Any]
_clock = SystemClock()


class Done(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Answer:
        """The one JSON document on stdout."""
        (line,) = self.out.splitlines()
        answer: Answer = json.loads(line)
        assert answer["ok"] is (self.code == 0), self
        return answer

    @property
    def error(self) -> dict[str, str]:
        """What it says went wrong."""
        told: dict[str, str] = self.answer["error"]
        return told


def eventually(question: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Ask until the answer is true; return it."""
    until = _clock.monotonic() + seconds
    while not (answer := question()):
        assert _clock.monotonic() < until, "it never came true"
        time.sleep(_PAUSE)
    return answer


def bugs_in(text: str) -> list[str]:
    """Return the lines that tell about a bug of ours."""
    return _BUG.findall(text)


class Agent:
    """One agent's home, and its owner at the command line."""

    def __init__(self, home: Path, environment: Mapping[str, str], name: str = "") -> None:
        self.home = home
        self.name = name or home.name
        self.environment = dict(environment)
        self.amid = ""

    def spawn(self, *arguments: object, **more: Any) -> "subprocess.Popen[str]":
        """Begin a command."""
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "agentmesh.cli", *map(str, arguments)],
            stdin=more.pop("stdin", subprocess.DEVNULL),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.full_environment(),
            **more,
        )

    def full_environment(self) -> dict[str, str]:
        """Return the environment of this agent's commands."""
        ours = {name: it for name, it in os.environ.items() if not name.startswith("AGENTMESH_")}
        home = {"AGENTMESH_HOME": str(self.home), "PYTHONPATH": str(ROOT)}
        return {**ours, **home, **self.environment}

    def run(self, *arguments: object, stdin: str | None = None, **more: Any) -> Done:
        """Run a command to its end; no traceback may come of it, whatever it is."""
        source = subprocess.DEVNULL if stdin is None else subprocess.PIPE
        process = self.spawn(*arguments, "--json", stdin=source, **more)
        try:
            out, err = process.communicate(stdin, timeout=60)
        finally:
            process.kill()
        assert not bugs_in(out + err), out + err
        return Done(process.returncode, out, err)

    def ask(self, *arguments: object, stdin: str | None = None) -> Answer:
        """Run a command that has to work, and return its answer."""
        done = self.run(*arguments, stdin=stdin)
        assert done.code == 0, done
        return done.answer

    def fails(self, code: int, *arguments: object, stdin: str | None = None) -> dict[str, str]:
        """Run a command that has to fail with this exit code, and return its error."""
        done = self.run(*arguments, stdin=stdin)
        assert done.code == code, done
        return done.error

    # --- the daemon ----------------------------------------------------------------------------

    def up(self, *options: object) -> Answer:
        """Start the daemon; it stays until `down`."""
        told = self.ask("up", *options)
        self.amid = told["amid"]
        return told

    def down(self) -> None:
        """Stop the daemon."""
        self.ask("down")

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        pid: int = self.status()["daemon"]["pid"]
        return pid

    def status(self) -> Answer:
        """Return what `status` says."""
        return self.ask("status")

    def told(self, question: calls.Request[A]) -> A:
        """Ask the daemon itself: what is asked until it is true costs no command each time."""
        with Client(self.home, environment=self.full_environment()) as daemon:
            return daemon.call(question)

    def is_connected(self) -> bool:
        """Whether relay and registry are there, and our keys with them."""
        now = self.told(calls.Status())
        states = {now.relay.state, now.registry.state}
        return states == {"connected"} and now.prekeys.one_time > 0

    def log(self) -> str:
        """Return all that the daemon logged."""
        path = self.home / "logs" / "daemon.log"
        return path.read_text(errors="replace") if path.exists() else ""

    # --- what tests ask for often --------------------------------------------------------------

    def knocks(self, *options: str) -> list[Answer]:
        """Return the knocks that wait for the owner."""
        listed: list[Answer] = self.ask("knocks", "list", *options)["knocks"]
        return listed

    def approve(self) -> Answer:
        """Wait for a knock and let its sender in."""
        eventually(lambda: self.told(calls.KnocksList()).knocks)
        knock = self.knocks()[0]
        decided: Answer = self.ask("knocks", "approve", knock["id"])["knock"]
        return decided

    def messages(self) -> list[Answer]:
        """Return the messages that came."""
        listed: list[Answer] = self.ask("inbox", "--limit", "100")["messages"]
        return listed

    def texts(self) -> list[str]:
        """Return the text of each message that came."""
        return [it["payload"].get("text", "") for it in self.messages()]

    def gets(self, text: str) -> Answer:
        """Wait for a message with this text, and return it."""
        newest = calls.Inbox(limit=100)
        eventually(lambda: any(it.payload.get("text") == text for it in self.told(newest).messages))
        found = [it for it in self.messages() if it["payload"].get("text") == text]
        assert len(found) == 1, found
        return found[0]

    def audit(self) -> list[Answer]:
        """Return the audit log's records."""
        records: list[Answer] = self.ask("logs", "--audit", "--lines", "1000")["records"]
        return records


class Service:
    """Relay or registry: a program that comes back to the address it had."""

    def __init__(self, module: str, listen: str, *arguments: object) -> None:
        self._module = module
        self._arguments = arguments
        self._said = ""
        self.program = self._start(listen)
        self.url = self.program.said("listening on ").removesuffix("/v1/connect")

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.program.pid

    def log(self) -> str:
        """Return all that it said."""
        return self._said + self.program.output

    def stop(self) -> None:
        """End it as a power cut would."""
        self.program.kill()
        self._said += self.program.output

    def start(self) -> None:
        """Start it again where it was."""
        self.program = self._start(self.url.partition("//")[2])
        self.program.said("listening on ")

    def _start(self, listen: str) -> Program:
        return start(self._module, "--listen", listen, *self._arguments)


class Mesh:
    """A relay, a registry, and as many agents as a test asks for.

    `relay` and `registry` are further options of those programs.
    """

    def __init__(
        self, folder: Path, relay: Sequence[object] = (), registry: Sequence[object] = ()
    ) -> None:
        self.folder = folder
        self._options = relay, registry
        self.agents: list[Agent] = []

    def __enter__(self) -> Self:
        here = "127.0.0.1:0"
        relay, registry = self._options
        self.relay = Service("agentmesh_relay", here, "--data", self.folder / "relay", *relay)
        try:
            database = fresh_sqlite(self.folder)
            cheap = ("--stamp-bits", "8")  # many agents are made, and the work is the same
            options = ("--database", database, *cheap, *registry)
            self.registry = Service("agentmesh_registry", here, *options)
        except BaseException:
            self.relay.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for ending in [agent.spawn("down") for agent in self.agents]:
            ending.communicate(timeout=60)
        self.relay.stop()
        self.registry.stop()
        for log in (*(agent.log() for agent in self.agents), self.relay.log(), self.registry.log()):
            assert not bugs_in(log), log

    @property
    def environment(self) -> dict[str, str]:
        """Where this mesh is."""
        return {
            "AGENTMESH_RELAY_URL": self.relay.url,
            "AGENTMESH_REGISTRY_URL": self.registry.url,
        }

    def newcomer(self, name: str) -> Agent:
        """Return an agent whose daemon does not run yet."""
        home = self.folder / f"{name}{len(self.agents)}"
        agent = Agent(home, self.environment, name)
        self.agents.append(agent)
        return agent

    def agent(self, name: str, *options: object) -> Agent:
        """Return an agent that is up, and that others can find."""
        agent = self.newcomer(name)
        agent.up("--name", name, "--key-storage", "file", *options)
        eventually(agent.is_connected)
        return agent

    def friends(self, *names: str) -> list[Agent]:
        """Return agents that are each other's contacts: nobody has to be asked."""
        agents = [self.agent(name) for name in names]
        for agent in agents:
            for other in agents:
                if other is not agent:
                    agent.ask("contacts", "add", other.amid, "--alias", other.name)
        return agents
