"""An emergency stop ends everything within a second, also under flood and without a relay.

Two daemons drown each other in messages, and their sockets in questions. One of them is stopped, by
a call, by the file, by a signal; its relay is there, hangs, or is gone; now and then it is killed
and started again. All that it sends passes a tap. A thousand take half an hour:

    AGENTMESH_STOPS=1000 AGENTMESH_SEED=7 .venv/bin/pytest tests/reliability/test_stop_flood.py -s
"""

import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from agentmesh.control import calls
from agentmesh.control.stop_flag import StopFlag
from agentmesh.observability.world import SystemClock, system_entropy
from tests.reliability.tap import Seen, Tap
from tests.reliability.town import NAMES, POLICY, Town, living, wait_until
from tests.support.processes import Program, running

STOPS_AT_EVERY_CHANGE = 10
BOUND_SECONDS = 1.0
WAYS = ("call", "flag", "signal")
RELAYS = ("there", "there", "there", "there", "hangs", "there", "there", "there", "there", "gone")
BACK_SECONDS = 90.0
RESUMED_SECONDS = 120.0
KILL_EVERY, KILL_AT = 20, 5
FLOOD_CHUNKS, FLOOD_SECONDS = 12, 3.0
"""So much leaves before a stop, if it comes to that in time."""
WATCHED_SECONDS = (*9 * (0.2,), 1.5)
TAP_SECONDS = 0.05
"""So long the tap itself may take to see what was sent before the owner was told."""
RELAY, ALICE = 0, 2
"""Their places in the town."""

_clock = SystemClock()


@dataclass
class Figures:
    """What was seen: seconds until nothing left any more, and until the owner was told so."""

    quiet: list[float] = field(default_factory=list)
    told: list[float] = field(default_factory=list)
    flooded: int = 0
    late: int = 0
    forgotten: int = 0
    kinds: Counter[str] = field(default_factory=Counter)

    def shown(self) -> dict[str, object]:
        return {
            "stops": len(self.quiet),
            **{f"stops_{kind}": count for kind, count in sorted(self.kinds.items())},
            "chunks_before": self.flooded,
            **{f"quiet_{name}": value for name, value in _spread(self.quiet).items()},
            **{f"told_{name}": value for name, value in _spread(self.told).items()},
            "sent_afterwards": self.late,
            "forgotten_by_a_restart": self.forgotten,
        }


def stops() -> int:
    """Return how often, as the environment asks for."""
    return int(os.environ.get("AGENTMESH_STOPS") or STOPS_AT_EVERY_CHANGE)


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="the tap reads /proc")
@pytest.mark.timeout(300 + 8 * stops())
def test_nothing_leaves_a_second_after_an_emergency_stop(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    seed = int(os.environ.get("AGENTMESH_SEED") or int.from_bytes(system_entropy(4), "big"))
    print(f"AGENTMESH_SEED={seed} AGENTMESH_STOPS={stops()}")
    figures = Figures()
    with _drowning(tmp_path, random.Random(seed)) as scene:
        for number in range(stops()):
            scene.trial(number, figures)
    shown = figures.shown()
    for name, value in {"seed": seed, **shown}.items():
        record_property(name, value)
    print(shown)
    assert scene.town.bugs() == []
    assert (figures.late, figures.forgotten) == (0, 0)
    assert _at(figures.quiet, 0.99) <= BOUND_SECONDS
    assert _at(figures.told, 0.99) <= BOUND_SECONDS


@dataclass
class Scene:
    """The town under water, and the taps."""

    town: Town
    taps: tuple[Tap, Tap]
    luck: random.Random

    @property
    def flag(self) -> StopFlag:
        return StopFlag(self.town.homes[NAMES[0]])

    def trial(self, number: int, figures: Figures) -> None:
        """Stop once, in one of the ways, and let everything go on."""
        how, relay = WAYS[number % len(WAYS)], RELAYS[number % len(RELAYS)]
        for tap in self.taps:
            tap.forget()
        self._wait_for_flood()
        self._hurt_relay(relay)
        figures.flooded += len(self._sent_since(0))
        began = _clock.monotonic()
        self._pull(how)
        told = _clock.monotonic()
        time.sleep(WATCHED_SECONDS[number % len(WATCHED_SECONDS)])
        last = max((it.at for it in self._sent_since(began)), default=began)
        figures.quiet.append(last - began)
        figures.told.append(told - began)
        figures.kinds.update([how, f"relay_{relay}"])
        if number % KILL_EVERY == KILL_AT:
            self._restart()
            figures.kinds["killed"] += 1
        figures.forgotten += not self._is_stopped()
        figures.late += len(self._sent_since(told + TAP_SECONDS))
        self._mend_relay(relay)
        self._resume()

    def _wait_for_flood(self) -> None:
        """Let the water rise, and then a little more."""
        until = _clock.monotonic() + FLOOD_SECONDS
        while len(self._sent_since(0)) < FLOOD_CHUNKS and _clock.monotonic() < until:
            time.sleep(0.01)
        time.sleep(self.luck.uniform(0, 0.2))

    def _pull(self, how: str) -> None:
        """Stop, and return once the owner knows that it is so."""
        match how:
            case "call":
                with self.town.client(NAMES[0]) as client:
                    client.call(calls.EmergencyStop())
                return
            case "flag":
                self.flag.put_up()
            case _:
                os.kill(self.town.places[ALICE].lives[-1].pid, signal.SIGUSR1)
        until = _clock.monotonic() + 10
        while not self.flag.is_acknowledged() and _clock.monotonic() < until:
            time.sleep(0.002)

    def _is_stopped(self) -> bool:
        status = self.town.status(NAMES[0])
        return status is not None and status.stopped

    def _restart(self) -> None:
        alice = self.town.places[ALICE]
        alice.kill()
        alice.start()
        self.watch()
        wait_until(lambda: self.town.status(NAMES[0]) is not None, BACK_SECONDS)

    def _resume(self) -> None:
        with self.town.client(NAMES[0]) as client:
            client.call(calls.Resume(confirm="RESUME"))
        wait_until(self.town.is_connected, RESUMED_SECONDS)

    def _hurt_relay(self, relay: str) -> None:
        if relay == "hangs":
            os.kill(self.town.places[RELAY].lives[-1].pid, signal.SIGSTOP)
        elif relay == "gone":
            self.town.places[RELAY].kill()

    def _mend_relay(self, relay: str) -> None:
        if relay == "hangs":
            os.kill(self.town.places[RELAY].lives[-1].pid, signal.SIGCONT)
        elif relay == "gone":
            self.town.places[RELAY].start()

    def watch(self) -> None:
        """Tell the taps whose traffic counts."""
        for tap in self.taps:
            tap.watched = self.town.places[ALICE].lives[-1].pid

    def _sent_since(self, since: float) -> list[Seen]:
        return [it for tap in self.taps for it in tap.sent_since(since)]


@contextmanager
def _drowning(folder: Path, luck: random.Random) -> Iterator[Scene]:
    """Yield a town in which both agents never stop talking."""
    town = Town(folder)
    policy = {**POLICY, "store_transcripts": False, "stop_hook": ["true"]}
    for home in town.homes.values():
        (home / "policy.json").write_text(json.dumps(policy))
    with ExitStack() as stack:
        taps = [stack.enter_context(Tap(port)) for port in town.ports]
        town.lead(*(tap.port for tap in taps))
        scene = Scene(town, (taps[0], taps[1]), luck)
        stack.enter_context(living(town))
        scene.watch()
        for name, other in zip(NAMES, reversed(NAMES), strict=True):
            status = town.status(other)
            assert status is not None
            stack.enter_context(_flood(town.homes[name], status.amid))
        yield scene


def _flood(home: Path, peer: str) -> AbstractContextManager[Program]:
    return running("tests.reliability.flood", home, peer)


def _spread(seconds: list[float]) -> dict[str, float]:
    shares = {"p50_ms": 0.5, "p99_ms": 0.99, "max_ms": 1.0}
    return {name: round(1000 * _at(seconds, share), 1) for name, share in shares.items()}


def _at(seconds: list[float], share: float) -> float:
    return sorted(seconds)[min(len(seconds) - 1, int(len(seconds) * share))]
