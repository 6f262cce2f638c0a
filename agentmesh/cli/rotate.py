"""The command `rotate`: a new identity takes this one's place."""

import time

import click
import msgspec

from agentmesh.cli.desk import Desk, command, note
from agentmesh.control import answers, calls
from agentmesh.errors import NotRunning, TimedOut
from agentmesh.observability.world import SystemClock

BACK_SECONDS = 60.0
PAUSE_SECONDS = 0.2


@command("rotate")
@click.option("--confirm", default="", metavar="AMID", help="This agent's AMID: it is for good.")
@click.option("--note", "words", default="", metavar="TEXT", help="For the owners of contacts.")
def rotate(desk: Desk, confirm: str, words: str) -> None:
    """Let a new identity take this one's place, for good: a new AMID under new keys.

    Contacts, messages, policy and records stay. Sessions and invites end; contacts send nothing
    more until their owners say that the new identity is you: tell them. It begins at tier 2 and
    unrated: prove again who owns it with verify-me. A stolen key is not healed by it: whoever has
    that names a successor, too. For that there is agentmesh revoke.
    """
    with desk.client() as client:
        told = client.call(calls.Rotate(confirm=confirm, note=words))
    if told.published:
        note("The registry has the new identity; the daemon begins anew.")
        _await(desk, told.successor)
    desk.answer(msgspec.to_builtins(told), _shown(told))


def _await(desk: Desk, amid: str) -> None:
    """Wait until the daemon answers under its new name."""
    clock = SystemClock()
    until = clock.monotonic() + BACK_SECONDS
    while clock.monotonic() < until:
        try:
            with desk.client() as client:
                if client.call(calls.Status()).amid == amid:
                    return
        except (NotRunning, TimedOut):
            pass
        time.sleep(PAUSE_SECONDS)
    raise TimedOut(
        "daemon_not_back",
        f"The daemon did not come back as {amid} within {BACK_SECONDS:.0f} s.",
        "Nothing is lost: it goes on at its next start. See agentmesh status, agentmesh up",
    )


def _shown(told: answers.Rotated) -> str:
    if not told.published:
        return (
            f"{told.successor} will take the place of {told.amid} as soon as the registry "
            "answers. Until then everything is as it was."
        )
    return (
        f"{told.successor} has taken the place of {told.amid}.\n"
        "Contacts see it within a minute, and wait for their owners: "
        f"agentmesh contacts follow {told.amid}"
    )
