"""Many agents at one relay, and those who would wear it down.

`make test-relay` runs it in full: AGENTMESH_CROWD=10000. How long something takes is told, and
compared within the run; what has to hold on any machine is that nobody is lost and nothing grows.
Attackers have machines of their own in the world, and stand back here (`tests.support.attackers`):
at full size it is asserted that they did what they should all the same.
"""

import json
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from agentmesh.observability.world import SystemClock
from agentmesh.protocol import limits
from benchmarks.load.descriptors import raise_limit
from tests.support.attackers import LARGE, LETTERS
from tests.support.processes import Program, running
from tests.support.relay_client import agent

CROWD = int(os.environ.get("AGENTMESH_CROWD", "300"))
IS_FULL = CROWD >= 10_000
TALKERS = max(CROWD // 50, 4)
FEW = CROWD // 10
ATTACKERS = {"slowloris": FEW, "deaf": FEW, "silent": CROWD, "liar": min(CROWD, 500)}
"""In the order in which they begin: those who go on for ever are last, and slow down no others."""
ATTACKS = [*((kind,) for kind in ATTACKERS), tuple(ATTACKERS)] if IS_FULL else [tuple(ATTACKERS)]
TALK_SECONDS = 8.0 if IS_FULL else 2.0
"""No longer than attackers hold out: what is measured is the attack."""

PATIENCE = 300.0
GONE_SECONDS = 10.0
LIES_A_SECOND = 100
"""What liars have to manage at least: a machine that leaves them no core tells nothing."""

DELIVERED_SECONDS = 30.0
SLACK_SECONDS = 60.0 if not IS_FULL else 5.0
"""What a loaded machine adds."""

LEAST_NEWCOMERS, MOST_NEWCOMERS = 20, 2000

Tell = Callable[[str, object], None]

KIB_FOR_EACH = 20
MIB_FOR_ATTACKERS = 400

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(autouse=True, scope="module")
def _descriptors() -> None:
    raise_limit()


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Program]:
    rates = ("--messages-per-minute", 10**9, "--knocks-per-minute", 10**9)
    own = ("--listen", "127.0.0.1:0", "--data", tmp_path / "relay")
    with running("agentmesh_relay", *own, *rates) as program:
        yield program


@pytest.fixture
def url(relay: Program) -> str:
    return relay.said("listening on ")


@contextmanager
def crowd(url: str) -> Iterator[None]:
    """Have silent agents there, none of which may be lost."""
    question = json.dumps({"address": url, "count": CROWD})
    with running("benchmarks.load.idle", question) as idle:
        idle.said('{"connected":', PATIENCE)
        yield
        idle.terminate(PATIENCE)
        assert idle.said('{"lost":') == "0}"


def p99_of_talk(relay: Program, url: str) -> float:
    """Return how long a round trip takes at most, but for one in a hundred: milliseconds."""
    load = {"kind": "agentmesh", "address": url, "server": relay.pid, "seconds": TALK_SECONDS}
    paced = {"pairs": TALKERS // 2 * 2, "is_round_trip": True, "pause": 0.05}
    with running("benchmarks.load.rate", json.dumps(load | paced)) as talk:
        return float(json.loads("{" + talk.said("{", PATIENCE))["rtt_p99_ms"])


def resident_mib(relay: Program) -> float:
    status = Path(f"/proc/{relay.pid}/status").read_text(encoding="ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def test_a_crowd_stays_and_some_of_it_talks(
    relay: Program, url: str, record_property: Tell
) -> None:
    before = resident_mib(relay)
    with crowd(url):
        grown = resident_mib(relay) - before
        record_property("mib", round(grown, 1))
        assert grown * 1024 / CROWD < KIB_FOR_EACH + 8 * 1024 / CROWD
        p99 = p99_of_talk(relay, url)
        record_property("p99_ms", round(p99, 2))


@pytest.mark.parametrize("kinds", ATTACKS, ids="-".join)
def test_an_attack_costs_nobody_its_connection_and_ends_soon(
    relay: Program, url: str, kinds: Sequence[str], tmp_path: Path, record_property: Tell
) -> None:
    with crowd(url):
        quiet, before = p99_of_talk(relay, url), resident_mib(relay)
        with ExitStack() as stack:
            attackers, opening = dict[str, Program](), dict[str, float]()
            for kind in kinds:
                attackers[kind] = stack.enter_context(attack(kind, url))
                opening[kind] = float(attackers[kind].said("under way after ", PATIENCE))
            attacked = p99_of_talk(relay, url)
            grown = resident_mib(relay) - before
            fates = {kind: _fate(kind, program) for kind, program in attackers.items()}
    record_property("p99_ms", [round(quiet, 2), round(attacked, 2)])
    record_property("opening", opening)
    record_property("fates", fates)
    record_property("mib", round(grown, 1))
    assert " ERROR " not in relay.output
    assert grown < MIB_FOR_ATTACKERS
    for kind in set(kinds) - {"liar"}:
        assert fates[kind]["cut"] == ATTACKERS[kind]
        assert fates[kind]["longest"] < GONE_SECONDS + SLACK_SECONDS
    if "deaf" in kinds:
        assert relay.terminate(PATIENCE) == 0
        assert _kept(tmp_path / "relay") == ATTACKERS["deaf"] * LETTERS
    if IS_FULL:
        assert opening.get("silent", 0.0) < limits.AUTHENTICATION_SECONDS, "they were not all there"
        if "liar" in kinds:
            assert fates["liar"]["lies_a_second"] > LIES_A_SECOND
        assert attacked < max(2 * quiet, 20.0)


async def test_newcomers_come_in_while_silent_sockets_pour_in(
    relay: Program, url: str, record_property: Tell
) -> None:
    clock, waits = SystemClock(), []
    with running("tests.support.attackers", "silent", url, 2 * CROWD) as attackers:
        while len(waits) < LEAST_NEWCOMERS or (
            "under way" not in attackers.output and len(waits) < MOST_NEWCOMERS
        ):
            began = clock.monotonic()
            async with agent(url, f"newcomer{len(waits)}"):
                waits.append(clock.monotonic() - began)
        attackers.said("under way", PATIENCE)
    record_property("newcomers", len(waits))
    record_property("longest", round(max(waits), 2))
    assert "connection.failed" not in relay.output


def attack(kind: str, url: str) -> AbstractContextManager[Program]:
    return running("tests.support.attackers", kind, url, ATTACKERS[kind])


def _kept(data: Path) -> int:
    """Return how much of what was for those who took nothing is in the mailbox."""
    with closing(sqlite3.connect(data / "mailbox.sqlite")) as database:
        question = "SELECT count(*) FROM letters WHERE size = ?"
        (count,) = database.execute(question, (len(LARGE),)).fetchone()
    return int(count)


def _fate(kind: str, attackers: Program) -> dict[str, float]:
    """Return what became of them; liars go on until they are told to stop."""
    if kind != "liar":
        attackers.said("all are gone", PATIENCE)
    assert attackers.terminate(PATIENCE) == 0
    fate: dict[str, float] = json.loads("{" + attackers.said("{"))
    return fate


def test_a_restart_with_letters_for_many_loses_none(tmp_path: Path, record_property: Tell) -> None:
    recipients = min(CROWD, 1000)
    own = ("--data", tmp_path / "relay", "--messages-per-minute", 10**9)
    with running("agentmesh_relay", "--listen", "127.0.0.1:0", *own) as relay:
        url = relay.said("listening on ")
        question = {"address": url, "recipients": recipients, "senders": 10, "waits": True}
        with running("benchmarks.load.letters", json.dumps(question)) as post:
            post.said("all are kept", PATIENCE)
            relay.kill()
            began = SystemClock().monotonic()
            port = url.rsplit(":", 1)[1].partition("/")[0]
            with running("agentmesh_relay", "--listen", f"127.0.0.1:{port}", *own) as again:
                again.said("listening on ")
                post.process.send_signal(signal.SIGUSR1)
                found = json.loads("{" + post.said("{", PATIENCE))
                seconds = SystemClock().monotonic() - began
    letters = recipients * limits.MAILBOX_MESSAGES
    record_property("seconds", [round(seconds, 2), round(letters / found["drained_per_s"], 2)])
    assert seconds < DELIVERED_SECONDS + SLACK_SECONDS
