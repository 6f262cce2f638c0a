"""Whatever is killed, whenever: what a daemon accepted arrives, once, in order (figure R1).

Two agents talk through a relay, a registry and two daemons. One of the four, now and then two,
are killed at a random moment and started again on what they left, over and over. Four minutes:

    AGENTMESH_KILLS=150 AGENTMESH_SEED=7 .venv/bin/pytest tests/reliability/test_kills.py -s

The seed fixes what is killed, after which pause, and what is said; the machine decides the rest.
"""

import os
import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import pytest

from agentmesh.observability.world import SystemClock, system_entropy
from tests.reliability.quiet import wait_for_quiet
from tests.reliability.talk import Agent
from tests.reliability.town import NAMES, POLICY, Town, living

KILLS_AT_EVERY_CHANGE = 30
MESSAGES_A_KILL = 20
FEWER = 4
"""So many times fewer where agents also end sessions, and where these run out of time."""
QUIET_SECONDS = 150.0
LATE_FRAMES = {"answer_to_nothing"}
"""An ACCEPT that came once more; any other frame that is dropped is one that could not be read."""

PROMISES = (
    *("lost", "twice", "out_of_order", "undecryptable", "stuck"),
    *("failed", "untrue", "spoilt", "bugs"),
)
"""What is counted and must stay at zero. `failed`: said to be undeliverable, although everybody
comes back. `untrue`: said to have failed, and arrived. `spoilt`: audit logs and transcripts that
are not whole."""
WHEN_SESSIONS_END = {"failed", "untrue"}
"""Who ends a session refuses what it had not got. What crosses the good-bye may have arrived, and
is refused all the same: these two are counted only."""


@dataclass(frozen=True)
class Plan:
    """How much is killed, and how much must have been said; `seed`: who dies, and when."""

    kills: int
    messages: int
    seed: int


def plan() -> Plan:
    """Return what the environment asks for, or what fits into a minute and a half."""
    kills = int(os.environ.get("AGENTMESH_KILLS") or KILLS_AT_EVERY_CHANGE)
    seed = int(os.environ.get("AGENTMESH_SEED") or int.from_bytes(system_entropy(4), "big"))
    return Plan(kills, kills * MESSAGES_A_KILL, seed)


@pytest.mark.timeout(300 + 12 * plan().kills)
def test_what_was_accepted_arrives_once_and_in_order_whatever_is_killed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    figures = lived_through(tmp_path, plan(), record_property, hang_up=False)
    assert {name: figures[name] for name in PROMISES} == dict.fromkeys(PROMISES, 0)


@pytest.mark.timeout(300 + 12 * plan().kills)
def test_nothing_is_stuck_when_sessions_end_while_everything_is_killed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    asked = plan()
    fewer = replace(asked, kills=asked.kills // FEWER, messages=0)
    figures = lived_through(tmp_path, fewer, record_property, hang_up=True)
    kept = [name for name in PROMISES if name not in WHEN_SESSIONS_END]
    assert {name: figures[name] for name in kept} == dict.fromkeys(kept, 0)


@pytest.mark.timeout(300 + 12 * plan().kills)
def test_nothing_is_given_up_when_sessions_run_out_of_time_while_everything_is_killed(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    asked = plan()
    fewer = replace(asked, kills=asked.kills // FEWER, messages=0)
    figures = lived_through(tmp_path, fewer, record_property, hang_up=False, settle=in_haste)
    assert {name: figures[name] for name in PROMISES} == dict.fromkeys(PROMISES, 0)


def in_haste(folder: Path) -> AbstractContextManager[Town]:
    """A town whose sessions end soon after their last word."""
    return living(Town(folder, {**POLICY, "session_limits": {"ttl_seconds": 2}}))


def alone(folder: Path) -> AbstractContextManager[Town]:
    """A town with one relay."""
    return living(Town(folder))


def lived_through(
    folder: Path,
    asked: Plan,
    record_property: Callable[[str, object], None],
    *,
    hang_up: bool,
    settle: Callable[[Path], AbstractContextManager[Town]] = alone,
) -> dict[str, float]:
    """Carry a plan out and return its figures."""
    print(f"AGENTMESH_SEED={asked.seed} AGENTMESH_KILLS={asked.kills}")
    record_property("seed", asked.seed)
    luck = random.Random(asked.seed)
    with settle(folder) as town:
        with talking(town, luck, hang_up=hang_up) as agents:
            killed = rampage(town, agents, asked, luck)
            for agent in agents.values():
                agent.hush()
            quiet, stuck = wait_for_quiet(town, QUIET_SECONDS)
        for place in town.places:
            assert place.lives[-1].terminate() == 0, place.name
        figures: dict[str, float] = {
            "kills": sum(killed.values()),
            **{f"kills_{name}": killed[name] for name in sorted(killed)},
            "accepted": sum(len(agent.said) for agent in agents.values()),
            "unanswered": sum(agent.failed.total() for agent in agents.values()),
            "quiet_after_seconds": round(quiet, 1),
            **ways(agents),
            **judged(town, agents, stuck),
        }
    for name, value in figures.items():
        record_property(name, value)
    print(figures)
    assert figures["accepted"] >= asked.messages
    return figures


@contextmanager
def talking(town: Town, luck: random.Random, *, hang_up: bool) -> Iterator[dict[str, Agent]]:
    """Two agents that talk to each other."""
    amids = {}
    for name in NAMES:
        status = town.status(name)
        assert status is not None
        amids[name] = status.amid
    alice, bob = NAMES
    agents = {
        us: Agent(lambda us=us: town.client(us), amids[them], random.Random(luck.random()), hang_up)
        for us, them in ((alice, bob), (bob, alice))
    }
    try:
        for agent in agents.values():
            agent.start()
        yield agents
    finally:
        for agent in agents.values():
            agent.stop()
    assert [error for agent in agents.values() for error in agent.broken] == []


def rampage(town: Town, agents: dict[str, Agent], asked: Plan, luck: random.Random) -> Counter[str]:
    """Kill as often as was asked for, and on until enough was said; leave everything alive."""
    killed: Counter[str] = Counter()
    while killed.total() < asked.kills:
        time.sleep(luck.uniform(0.1, 3))
        doomed = luck.sample(town.mortal, luck.choice((1, 1, 1, 2)))
        for place in doomed:
            assert place.is_running(), f"{place.name} ended by itself:\n{place.lives[-1].output}"
            place.kill()
            killed[place.name] += 1
        for place in doomed:
            time.sleep(luck.choice((0, luck.uniform(0, 1))))
            place.start()
    clock = SystemClock()
    until = clock.monotonic() + 60 + asked.messages / 50
    while sum(len(agent.said) for agent in agents.values()) < asked.messages:
        assert clock.monotonic() < until, "the agents have nothing to say"
        time.sleep(0.1)
    return killed


def ways(agents: dict[str, Agent]) -> dict[str, float]:
    """Return how long messages were on their way, in seconds."""
    said = {word.message_id: word.at for agent in agents.values() for word in agent.said}
    heard = [word for agent in agents.values() for word in agent.heard if word.message_id in said]
    took = sorted(word.at - said[word.message_id] for word in heard) or [0.0]
    return {
        f"way_{share}": round(took[min(len(took) - 1, len(took) * share // 100)], 1)
        for share in (50, 95, 100)
    }


def judged(town: Town, agents: dict[str, Agent], stuck: list[str]) -> dict[str, int]:
    """Return how often each promise was broken; `stuck` is what never got through."""
    alice, bob = NAMES
    dropped = town.dropped()
    print(f"frames dropped: {dict(dropped)}")
    unread = {code: count for code, count in dropped.items() if code not in LATE_FRAMES}
    found = Counter(undecryptable=sum(unread.values()), bugs=len(town.bugs()), stuck=len(stuck))
    for us, them in ((alice, bob), (bob, alice)):
        fates = town.fates(us)
        arrived = Counter(heard.message_id for heard in agents[them].heard)
        for said in agents[us].said:
            is_there = said.message_id in arrived
            match fates.get(said.message_id, "forgotten"):
                case "delivered" | "consumed" | "forgotten":
                    found["lost"] += not is_there
                case "refused" | "undeliverable":
                    found["failed"] += 1
                    found["untrue"] += is_there
        found["spoilt"] += town.spoilt(us)
        found["twice"] += arrived.total() - len(arrived)
        found["twice"] += numbered_twice(agents[them])
        found["out_of_order"] += disorder(agents[them])
    for line in [*stuck, *town.bugs()]:
        print(line)
    return {name: found[name] for name in PROMISES}


def numbered_twice(agent: Agent) -> int:
    """Return how many messages came again under another id."""
    return len(agent.heard) - len({heard.number for heard in agent.heard})


def disorder(agent: Agent) -> int:
    """Return how often a message came after a later one of its session."""
    sessions = defaultdict(list)
    for heard in agent.heard:
        sessions[heard.session_id].append(heard.number)
    return sum(
        after < before for numbers in sessions.values() for before, after in pairwise(numbers)
    )
