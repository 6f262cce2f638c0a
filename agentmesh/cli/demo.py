"""The command `demo`: two agents meet on this machine, and what their relay saw of it."""

import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec

from agentmesh.cli import render
from agentmesh.cli.desk import Desk, command, say
from agentmesh.cli.stage import Actor, Service
from agentmesh.cli.wiretap import Sighting, Wiretap
from agentmesh.control import answers, calls
from agentmesh.errors import AgentMeshError, IntegrityError, TimedOut
from agentmesh.observability.world import SystemClock

TERMINATED = 143
STEP_SECONDS = 30.0
_PAUSE = 0.1
QUESTION = "Is there a table for two tonight?"
ANSWER = "Yes, at 19:30 by the window."

T = TypeVar("T")


class Meeting(NamedTuple):
    """The two agents, and Bob's address."""

    alice: Actor
    bob: Actor
    bob_amid: str


@command("demo")
def demo(desk: Desk) -> None:
    """Show two agents meeting through a relay, on this machine, and clean up."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that the cleanup runs
    tell: Callable[[str], None] = (lambda _: None) if desk.as_json else say
    with contextlib.ExitStack() as cleanup:
        folder = cleanup.enter_context(
            tempfile.TemporaryDirectory(prefix="agentmesh-demo-", ignore_cleanup_errors=True)
        )
        tell("Starting a relay, a registry and two agents, Alice and Bob ...")
        wiretap, meeting = _set_up(Path(folder), cleanup)
        request, knock = _knock(meeting, tell)
        reply = _converse(meeting, knock, tell)
        seen = _settled(wiretap)
        _show_relay(wiretap, seen, tell)
    tell("\nDone. Everything the demo started has ended. Your own agent: `agentmesh up`.")
    tell("Its page, for its owner: `agentmesh dashboard`.")
    keys = {
        "knock_id": knock.id,
        "request": {"message_id": request.message_id, "text": QUESTION},
        "response": {"message_id": reply.message_id, "text": ANSWER},
        "relay_saw": [sighting._asdict() for sighting in seen],
    }
    if desk.as_json:
        desk.answer(keys, "")


def _set_up(folder: Path, cleanup: contextlib.ExitStack) -> tuple[Wiretap, Meeting]:
    wiretap = Wiretap()
    cleanup.callback(wiretap.close)
    dialled = f"ws://127.0.0.1:{wiretap.port}"
    relay = Service(
        "agentmesh_relay",
        "--listen",
        "127.0.0.1:0",
        "--origin",
        dialled,
        "--data",
        f"{folder}/relay",
    )
    cleanup.callback(relay.end)
    database = f"sqlite:///{folder}/registry.db"
    registry = Service("agentmesh_registry", "--listen", "127.0.0.1:0", "--database", database)
    cleanup.callback(registry.end)
    wiretap.start(("127.0.0.1", _port_of(relay.url())))
    options = ("--relay", dialled, "--registry", registry.url(), "--key-storage", "file")
    alice, bob = Actor("Alice", folder / "alice"), Actor("Bob", folder / "bob")
    for actor in (alice, bob):
        cleanup.callback(_bring_down, actor)
    alice.up(*options)
    meeting = Meeting(alice, bob, bob.up(*options))
    for actor in (alice, bob):
        _await_links(actor)
    return wiretap, meeting


def _await_links(actor: Actor) -> None:
    """Wait until an agent can be found and reached."""
    with actor.client() as client:

        def links() -> list[str]:
            status = client.call(calls.Status())
            return ["both"] if status.relay.state == status.registry.state == "connected" else []

        _awaited(links, f"{actor.name} does not reach the relay and the registry.")


def _knock(meeting: Meeting, tell: Callable[[str], None]) -> tuple[answers.Sent, answers.Knock]:
    tell(f"\nAlice -> Bob   KNOCK   {meeting.bob_amid}: may I ask you something? (commerce/orders)")
    request = calls.Send(
        to=meeting.bob_amid,
        body={"intent": "reserve", "parameters": {"question": QUESTION}},
        type="request_response",
        intent="commerce/orders",
        note="I am looking for a table.",
    )
    with meeting.alice.client() as client:
        sent = client.call(request)
    tell(f"               Alice's daemon keeps the request: {sent.outcome}.")
    with meeting.bob.client() as client:
        knock = _awaited(lambda: client.call(calls.KnocksList()).knocks, "Bob hears no knock.")[0]
        tell(f"Bob's owner    sees who knocks: {knock.sender}, about {knock.intent}")
        tell("Bob's owner    agentmesh knocks approve   -> ACCEPT")
        client.call(calls.KnocksApprove(id=knock.id))
    return sent, knock


def _converse(
    meeting: Meeting, knock: answers.Knock, tell: Callable[[str], None]
) -> answers.Message:
    inbox = calls.Inbox(unread=True, wait=STEP_SECONDS)
    with meeting.bob.client() as bob, meeting.alice.client() as alice:
        request = _first(bob.call(inbox), "Bob got no request.")
        tell(f"Bob reads      {_in_json(request)}")
        body = {"status": "completed", "results": [{"answer": ANSWER}], "result_count": 1}
        bob.call(calls.Reply(message_id=request.message_id, body=body))
        tell(f"Bob -> Alice   response, encrypted in the session of knock {knock.id}")
        reply = _first(alice.call(inbox), "Alice got no response.")
        tell(f"Alice reads    {_in_json(reply)}")
    return reply


def _show_relay(wiretap: Wiretap, seen: list[Sighting], tell: Callable[[str], None]) -> None:
    tell("\nWhat the relay saw of all this: two ids, a kind, a size (and the time).")
    tell(render.table(("FROM", "TO", "KIND", "BYTES"), seen))
    for words in (QUESTION, ANSWER):
        if wiretap.holds(words):
            raise IntegrityError("plaintext_seen", f"The relay could read {words!r}.")
        tell(f"On the relay's wire, searched for {words!r}: not found")


def _settled(wiretap: Wiretap) -> list[Sighting]:
    """Return what went by; the knock, its answer, and a message each way are among it."""
    return _awaited(
        lambda: seen if len(seen := wiretap.sightings()) >= 4 else [], "The relay saw too little."
    )


def _awaited(question: Callable[[], list[T]], otherwise: str) -> list[T]:
    clock = SystemClock()
    until = clock.monotonic() + STEP_SECONDS
    while not (found := question()):
        if clock.monotonic() > until:
            raise TimedOut("demo_timed_out", otherwise)
        time.sleep(_PAUSE)
    return found


def _in_json(message: answers.Message) -> str:
    return render.clean(msgspec.json.encode(message.payload).decode())


def _first(inbox: answers.Inbox, otherwise: str) -> answers.Message:
    if not inbox.messages:
        raise TimedOut("demo_timed_out", otherwise)
    return inbox.messages[0]


def _bring_down(actor: Actor) -> None:
    with contextlib.suppress(AgentMeshError, OSError):
        actor.down()


def _port_of(url: str) -> int:
    return int(url.removeprefix("ws://").split("/")[0].rpartition(":")[2])
