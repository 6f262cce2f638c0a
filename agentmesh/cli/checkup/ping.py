"""The command `ping`: is a peer there, and how long does it take there and back."""

import time
from typing import Any

import click
import msgspec

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, say
from agentmesh.cli.figure import Count, Figure
from agentmesh.control import answers, calls
from agentmesh.errors import Refused, TimedOut

PAUSE_SECONDS = 1.0
MAX_COUNT = 20
_WORDS = {
    "not_a_contact": "not asked: not a contact (agentmesh contacts add)",
    "no_session": "not asked: no session is open (agentmesh send begins one)",
    "peer_away": "not asked: it is away, or does not let us see whether it is there",
    "no_answer": "no answer in time",
    "no_way": "not asked: its relay does not answer",
}
_NOT_ASKED = {"not_a_contact", "no_session", "peer_away"}


@command("ping")
@click.argument("peer")
@click.option("--count", type=Count(1, MAX_COUNT), default=4, show_default=True)
@click.option("--wait", type=Figure(0.1, 30), default=5.0, show_default=True, metavar="SECONDS")
def ping(desk: Desk, *, peer: str, count: int, wait: float) -> None:
    """Ask whether a peer is there.

    Its relay is asked first, then its daemon, inside a session that is open already: none is begun.
    Only a contact's daemon answers, and only to its own contacts. Ends with 0 if it answered, with
    6 if it did not, with 5 if there is no way to ask it.
    """
    told: list[answers.Pinged] = []
    with desk.client() as client:
        for number in range(1, count + 1):
            if number > 1:
                time.sleep(PAUSE_SECONDS)
            told.append(client.call(calls.Ping(peer=peer, wait=wait)))
            if not desk.as_json:
                say(_line(number, told[-1]))
            if told[-1].reason in _NOT_ASKED:
                break  # asking again changes nothing
    keys = {
        "amid": told[0].amid,
        "pings": msgspec.to_builtins(told),
        "sent": len(told),
        "answered": sum(it.peer_ms is not None for it in told),
        "relay": _summary([it.relay_ms for it in told]),
        "peer": _summary([it.peer_ms for it in told]),
    }
    if keys["answered"]:
        desk.answer(keys, _total(keys))
        return
    reason = told[-1].reason or "no_answer"
    kind = Refused if reason in _NOT_ASKED else TimedOut
    error = kind(reason, f"The peer's daemon gave no answer: {_WORDS[reason]}.")
    desk.fail(error, **keys)
    raise click.exceptions.Exit(5 if kind is Refused else 6)


def _line(number: int, it: answers.Pinged) -> str:
    relay = "no answer" if it.relay_ms is None else f"{it.relay_ms:.1f} ms"
    peer = _WORDS.get(it.reason, it.reason) if it.peer_ms is None else f"{it.peer_ms:.1f} ms"
    return render.clean(f"{number}  relay {relay} ({it.presence})  peer {peer}")


def _summary(values: list[float | None]) -> dict[str, float | None]:
    times = sorted(it for it in values if it is not None)
    if not times:
        return {"min_ms": None, "p50_ms": None, "max_ms": None}
    return {"min_ms": times[0], "p50_ms": times[len(times) // 2], "max_ms": times[-1]}


def _total(keys: dict[str, Any]) -> str:
    times = keys["peer"]
    return (
        f"{keys['answered']} of {keys['sent']} answered; "
        f"min {times['min_ms']:.1f}, p50 {times['p50_ms']:.1f}, max {times['max_ms']:.1f} ms"
    )
