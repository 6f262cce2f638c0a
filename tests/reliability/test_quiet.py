"""What the figures of kills count as stuck has to be stuck: tests of the harness itself."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.control import calls
from tests.reliability.quiet import on_its_way, wait_for_quiet
from tests.reliability.town import Town, living, wait_until

SECONDS = 60.0


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with living(Town(tmp_path)) as town:
        yield town


def asked_in_vain(town: Town) -> str:
    """Let Alice ask for a session while the relay stands still; return which."""
    bob = town.status("bob")
    assert bob is not None
    town.places[0].lives[-1].process.send_signal(signal.SIGSTOP)
    with town.client("alice") as alice:
        session_id = alice.call(calls.Send(to=bob.amid, body="hello")).session_id
    wait_until(lambda: town.errands("alice") == [("knock", session_id)], SECONDS)
    return session_id


def test_what_does_not_get_through_is_named(town: Town) -> None:
    session_id = asked_in_vain(town)
    seconds, left = wait_for_quiet(town, 0.5)
    assert seconds == 0.5
    assert left == [f"alice: {it} in {session_id} (knocking)" for it in ("held", "knock")]
    town.places[0].kill()
    wait_until(lambda: "bob: its relay is unreachable" in on_its_way(town), SECONDS)


def test_a_knock_that_was_given_up_and_is_still_on_its_way_is_waited_for(town: Town) -> None:
    session_id = asked_in_vain(town)
    with town.client("alice") as alice:
        alice.call(calls.Kill(session_id=session_id))
    assert on_its_way(town) == []
    town.places[0].lives[-1].process.send_signal(signal.SIGCONT)
    _, left = wait_for_quiet(town, SECONDS)
    assert left == []
    assert town.phases("bob") == {session_id: "ended"}
