"""The demonstration's story, told by daemons that are played."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from agentmesh.cli import demo
from agentmesh.cli.stage import Actor
from agentmesh.cli.wiretap import Sighting
from agentmesh.control import answers, calls
from agentmesh.errors import IntegrityError, TimedOut
from tests.support import control_server
from tests.support.control_server import ALICE, BOB, Script, serving

KNOCK = answers.Knock(
    id="k1", sender=ALICE, from_name="Alice", intent="commerce/orders", type="request_response",
    note="", received_at="", expires_at="", verdict="pending", reason="",
)  # fmt: skip


class Wire:
    """What went by."""

    def __init__(self, *seen: Sighting, clear: str = "") -> None:
        self._seen = list(seen)
        self._clear = clear

    def sightings(self) -> list[Sighting]:
        return self._seen

    def holds(self, words: str) -> bool:
        return words == self._clear


@pytest.fixture
def alice() -> Script:
    return Script(send=control_server.sent(), inbox=answers.Inbox(messages=[]))


@pytest.fixture
def bob() -> Script:
    return Script(
        knocks__list=answers.Knocks(knocks=[KNOCK]),
        knocks__approve=answers.Decided(knock=KNOCK),
        inbox=answers.Inbox(messages=[control_server.message(message_id="m9")]),
        reply=control_server.sent(),
    )


@pytest.fixture
def meeting(tmp_path: Path, alice: Script, bob: Script) -> Iterator[demo.Meeting]:
    homes = tmp_path / "alice", tmp_path / "bob"
    for home in homes:
        home.mkdir()
    with serving(homes[0], alice), serving(homes[1], bob):
        yield demo.Meeting(Actor("Alice", homes[0]), Actor("Bob", homes[1]), BOB)


def test_the_story_goes_from_knock_to_response(
    meeting: demo.Meeting, alice: Script, bob: Script
) -> None:
    alice.answers["inbox"] = answers.Inbox(messages=[control_server.message()])
    told: list[str] = []
    sent, knock = demo._knock(meeting, told.append)
    reply = demo._converse(meeting, knock, told.append)
    assert (sent.message_id, knock.id, reply.message_id) == ("m2", "k1", "m1")
    assert [name for name, _, _ in bob.asked] == [
        "knocks.list", "knocks.approve", "inbox", "reply",
    ]  # fmt: skip
    assert bob.asked[3][1].message_id == "m9"
    assert isinstance(alice.asked[0][1], calls.Send)
    story = "\n".join(told)
    for words in ("KNOCK", "approve", "Bob reads", "Alice reads"):
        assert words in story


def test_a_message_that_does_not_come_ends_it(meeting: demo.Meeting) -> None:
    with pytest.raises(TimedOut, match="Alice got no response"):
        demo._converse(meeting, KNOCK, lambda line: None)


def test_a_knock_that_does_not_come_ends_it(
    meeting: demo.Meeting, bob: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "STEP_SECONDS", 0.01)
    bob.answers["knocks.list"] = answers.Knocks(knocks=[])
    with pytest.raises(TimedOut, match="no knock"):
        demo._knock(meeting, lambda line: None)


def test_what_the_relay_saw_is_shown_and_searched() -> None:
    told: list[str] = []
    seen = [Sighting(ALICE, BOB, "knock", 4096)]
    demo._show_relay(Wire(*seen), seen, told.append)  # type: ignore[arg-type]
    story = "\n".join(told)
    assert "4096" in story
    assert f"{demo.QUESTION!r}: not found" in story


def test_a_relay_that_could_read_is_a_failure() -> None:
    with pytest.raises(IntegrityError, match=demo.ANSWER):
        demo._show_relay(Wire(clear=demo.ANSWER), [], lambda line: None)  # type: ignore[arg-type]


def test_an_agent_is_ready_once_it_reaches_both_services(tmp_path: Path) -> None:
    connecting = answers.Link(url="", state="connecting")
    coming = [control_server.status(relay=connecting), control_server.status()]
    script = Script(status=lambda request: coming.pop(0))
    with serving(tmp_path, script):
        demo._await_links(Actor("Alice", tmp_path))
    assert coming == []


def test_the_port_is_read_off_the_relays_word() -> None:
    assert demo._port_of("ws://127.0.0.1:4711/v1/connect") == 4711
