"""ping."""

from collections.abc import Iterator
from typing import Any

import pytest

from agentmesh.cli.checkup import ping
from agentmesh.control import answers, calls
from tests.support.control_server import BOB, Script
from tests.unit.cli.conftest import Shell

THERE = answers.Pinged(amid=BOB, presence="online", relay_ms=1.5, peer_ms=20.0)


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    taken: list[float] = []
    monkeypatch.setattr(ping.time, "sleep", taken.append)
    return taken


def in_turn(*told: answers.Pinged) -> Any:
    waiting: Iterator[answers.Pinged] = iter(told)
    return lambda request: next(waiting)


def without(reason: str, **changed: Any) -> answers.Pinged:
    return answers.Pinged(amid=BOB, presence="online", reason=reason, **changed)


def test_each_ping_is_shown_and_then_all_of_them(
    mesh: Shell, script: Script, pauses: list[float]
) -> None:
    late = without("no_answer", relay_ms=2.5)
    script.answers["ping"] = in_turn(THERE, late, THERE)
    said = mesh("ping", "bob", "--count", "3", "--wait", "2")
    assert said.code == 0
    assert said.out.splitlines() == [
        "1  relay 1.5 ms (online)  peer 20.0 ms",
        "2  relay 2.5 ms (online)  peer no answer in time",
        "3  relay 1.5 ms (online)  peer 20.0 ms",
        "2 of 3 answered; min 20.0, p50 20.0, max 20.0 ms",
    ]
    assert script.asked[0][1] == calls.Ping(peer="bob", wait=2)
    assert pauses == [1.0, 1.0]


def test_its_json_is_one_document(mesh: Shell, script: Script) -> None:
    script.answers["ping"] = in_turn(THERE)
    document = mesh("ping", "bob", "--count", "1", "--json").document
    assert (document["amid"], document["sent"], document["answered"]) == (BOB, 1, 1)
    assert document["relay"] == {"min_ms": 1.5, "p50_ms": 1.5, "max_ms": 1.5}
    assert document["pings"][0]["peer_ms"] == 20.0


@pytest.mark.parametrize(
    ("reason", "code", "sent"),
    [
        ("not_a_contact", 5, 1),
        ("no_session", 5, 1),
        ("peer_away", 5, 1),
        ("no_answer", 6, 4),
        ("no_way", 6, 4),
    ],
)
def test_a_peer_that_does_not_answer_is_said_to_and_why(
    mesh: Shell, script: Script, reason: str, code: int, sent: int
) -> None:
    script.answers["ping"] = lambda request: without(reason)
    said = mesh("ping", "bob", "--json")
    assert said.code == code
    assert said.document["error"]["code"] == reason
    assert (said.document["sent"], said.document["answered"]) == (sent, 0)


@pytest.mark.parametrize("bad", [("--count", "0"), ("--count", "21"), ("--wait", "31"), ()])
def test_bounds_are_kept(shell: Shell, bad: tuple[str, ...]) -> None:
    peer = ("bob",) if bad else ()
    assert shell("ping", *peer, *bad).code == 2
