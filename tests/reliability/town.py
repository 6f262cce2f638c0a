"""A relay, a registry and two daemons as processes, each killed and started again in its place."""

import json
import re
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from agentmesh.control import answers, calls
from agentmesh.control.client import Client
from agentmesh.errors import TimedOut, TransportError
from agentmesh.observability.audit_verify import verify
from agentmesh.observability.transcripts import Transcripts
from agentmesh.observability.world import SystemClock, system_entropy
from agentmesh.storage.key_files import KeyFiles, Means
from tests.support.ports import free_port
from tests.support.processes import Program, launch

NAMES = ("alice", "bob")

POLICY: Mapping[str, object] = {
    "consent": "policy",
    "max_concurrent_sessions": 100_000,
    "rate_limit": {"knocks_per_minute": 10_000, "messages_per_minute": 10_000},
}
RELAY = ("--messages-per-minute", 1_000_000, "--knocks-per-minute", 1_000_000)
REGISTRY_RATES = (
    "requests",
    "registrations",
    "agent-requests",
    "fetches",
    "one-time",
    "one-time-pair",
)
LISTENS = "listening on "
READY_SECONDS = 120.0
PAUSE_SECONDS = 0.1
_DROPPED = re.compile(r" frame\.dropped .*code=(?P<code>\S+)(?: left_out=(?P<others>\d+))?")


@dataclass
class Place:
    """One program, its arguments, and everything that it said in all its lives.

    `ready` begins the line that says it can be used; without it nobody waits for that.
    """

    name: str
    module: str
    arguments: tuple[object, ...]
    env: Mapping[str, str] = field(default_factory=dict)
    ready: str = ""
    program: tuple[str, ...] = (sys.executable, "-m")
    lives: list[Program] = field(default_factory=list)

    def start(self) -> None:
        self.lives.append(launch(*self.program, self.module, *self.arguments, env=self.env))

    def kill(self) -> None:
        """End it as a power cut would end a program."""
        self.lives[-1].kill()

    def is_running(self) -> bool:
        return self.lives[-1].process.poll() is None

    def lines(self) -> Iterator[str]:
        for program in self.lives:
            yield from program.output.splitlines()


class Town:
    """The four places, and the two homes; `mortal` are those that are killed."""

    def __init__(self, folder: Path, policy: Mapping[str, object] = POLICY) -> None:
        self.ports = relay, registry = free_port(), free_port()
        self.homes = {name: folder / name for name in NAMES}
        self.places = [
            Place(
                "relay",
                "agentmesh_relay",
                ("--listen", f"127.0.0.1:{relay}", "--data", folder / "relay", *RELAY),
                ready=LISTENS,
            ),
            Place(
                "registry",
                "agentmesh_registry",
                (
                    *("--listen", f"127.0.0.1:{registry}"),
                    *("--database", f"sqlite:///{folder / 'registry.db'}"),
                    *(word for rate in REGISTRY_RATES for word in (f"--{rate}-per-minute", 0)),
                ),
                ready=LISTENS,
            ),
        ]
        for name, home in self.homes.items():
            home.mkdir(mode=0o700)
            (home / "policy.json").write_text(json.dumps(policy))
            self.places.append(
                Place(
                    name,
                    "agentmesh.daemon",
                    (
                        *("--relay", f"ws://127.0.0.1:{relay}"),
                        *("--registry", f"http://127.0.0.1:{registry}"),
                        *("--name", name, "--key-storage", "file"),
                    ),
                    {"AGENTMESH_HOME": str(home)},
                )
            )
        self.mortal = self.places

    def lead(self, relay: int, registry: int) -> None:
        """Let the daemons take other ways to relay and registry, whose addresses these are then."""
        for place, origin in zip(self.places, ("ws", "http"), strict=False):
            port = relay if place.name == "relay" else registry
            place.arguments += ("--origin", f"{origin}://127.0.0.1:{port}")
        ways = {
            f":{was}": f":{now}" for was, now in zip(self.ports, (relay, registry), strict=True)
        }
        for place in self.places[2:]:
            for was, now in ways.items():
                place.arguments = tuple(str(it).replace(was, now) for it in place.arguments)

    def client(self, name: str) -> Client:
        return Client(self.homes[name], answer_seconds=20)

    def status(self, name: str) -> answers.Status | None:
        """Return how a daemon is, or None while it does not answer."""
        try:
            with self.client(name) as client:
                return client.call(calls.Status())
        except (TransportError, TimedOut):
            return None

    def is_connected(self) -> bool:
        """Whether both daemons are there, with a way to each other, and can be found."""
        found = [self.status(name) for name in NAMES]
        return all(
            it is not None and it.relay.state == "connected" and it.prekeys.one_time > 0
            for it in found
        )

    def errands(self, name: str) -> list[tuple[str, str]]:
        """Return kind and session of each errand in a daemon's database."""
        return self._rows(name, "SELECT kind, session_id FROM errands")

    def waiting(self, name: str) -> list[tuple[str, str]]:
        """Return what became so far of each message without a fate, and its session."""
        query = "SELECT outcome, session_id FROM outgoing WHERE outcome IN ('held', 'queued')"
        return self._rows(name, query)

    def phases(self, name: str) -> dict[str, str]:
        """Return the phase of each session that a daemon has."""
        return dict(self._rows(name, "SELECT session_id, phase FROM sessions"))

    def fates(self, name: str) -> dict[str, str]:
        """Return the outcome of each message that a daemon was given."""
        return dict(self._rows(name, "SELECT message_id, outcome FROM outgoing"))

    def spoilt(self, name: str) -> int:
        """Return what is wrong with a daemon's audit log and its transcripts."""
        home = self.homes[name]
        means = Means(clock=SystemClock(), entropy=system_entropy)
        keys = KeyFiles(home / "keys", means).ensure("file")
        transcripts = Transcripts(home / "transcripts", keys.transcripts_key(), system_entropy)
        shown = [transcripts.show(each.session_id) for each in transcripts.overview()]
        report = verify(home / "logs", keys.audit_key())
        return len(report.problems) + sum(each.damaged_at is not None for each in shown)

    def dropped(self) -> Counter[str]:
        """Return how many frames the daemons could make nothing of, by code.

        Of many a minute the rest is counted in the next line: whatever they were, by its code.
        """
        found: Counter[str] = Counter()
        for line in (line for place in self.places for line in place.lines()):
            if dropped := _DROPPED.search(line):
                found[dropped["code"]] += 1 + int(dropped["others"] or 0)
        return found

    def bugs(self) -> list[str]:
        """Return what no program should ever say."""
        return [
            f"{place.name}: {line}"
            for place in self.places
            for line in place.lines()
            if " ERROR " in line or line.startswith("Traceback") or " session.unreadable " in line
        ]

    def _rows(self, name: str, query: str) -> list[tuple[str, str]]:
        path = self.homes[name] / "agentmesh.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            return database.execute(query).fetchall()


@contextmanager
def living(town: Town) -> Iterator[Town]:
    """Start everything, wait until it is connected; end it all afterwards."""
    try:
        for place in town.places:
            place.start()
            if place.ready:
                place.lives[0].said(place.ready)
        wait_until(town.is_connected, READY_SECONDS)
        yield town
    finally:
        for place in town.places:
            if place.lives:
                place.kill()


def wait_until(is_so: Callable[[], bool], seconds: float) -> float:
    """Ask until the answer is yes; return how long that took, or fail."""
    clock = SystemClock()
    began = clock.monotonic()
    while not is_so():
        waited = clock.monotonic() - began
        assert waited < seconds, f"not so after {waited:.0f} s"
        time.sleep(PAUSE_SECONDS)
    return clock.monotonic() - began
