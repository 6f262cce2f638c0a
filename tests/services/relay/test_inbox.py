from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest
from agentmesh_relay.delivery import HELD_MESSAGES, Memory
from agentmesh_relay.inbox import ACK_SECONDS, GIVE_UP_SECONDS, Inbox
from agentmesh_relay.mailbox.interface import Letter, Pending, Refusal, Room, Stored
from agentmesh_relay.window import CALM_BYTES, CALM_MESSAGES, WINDOW_BYTES, WINDOW_MESSAGES

from agentmesh.observability.logs import Code
from agentmesh.protocol import limits
from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import Receive, Send, decode_from_relay

ALICE, BOB, CAROL = Amid("alice"), Amid("bob"), Amid("carol")


class VolatileMailbox:
    """Keeps letters in a list, and tells at once."""

    def __init__(self) -> None:
        self.letters: dict[int, Letter] = {}
        self.is_full = False
        self._rows = 0

    def put(self, letter: Letter, room: Room, done: Callable[[Stored | Refusal], None]) -> None:
        if self.is_full:
            done(Refusal("MAILBOX_FULL"))
            return
        row = self._rows = self._rows + 1  # never one that there was before
        self.letters[row] = letter
        done(Stored(row))

    def open(self, amid: Amid, now: int, done: Callable[[list[Pending]], None]) -> None:
        done(self.pending())

    def fetch(self, rows: Sequence[int], done: Callable[[dict[int, Letter]], None]) -> None:
        done({row: self.letters[row] for row in rows if row in self.letters})

    def remove(self, rows: Sequence[int]) -> None:
        for row in rows:
            del self.letters[row]

    def expire(self, now: int) -> None: ...

    def trouble(self) -> Code | None: ...

    def close(self) -> None: ...

    def pending(self) -> list[Pending]:
        return [
            Pending(row, it.sender, it.id, len(it.payload), it.want_acked)
            for row, it in self.letters.items()
        ]


@dataclass
class Agent:
    """A connected agent, its inbox and all it hears."""

    mailbox: VolatileMailbox = field(default_factory=VolatileMailbox)
    memory: Memory = field(default_factory=lambda: Memory(0))
    heard: list[Receive] = field(default_factory=list)
    at: float = 1.0
    room: int = 256 * 1024

    def __post_init__(self) -> None:
        self.inbox = Inbox(self, self.mailbox, self.memory, self)

    def say(self, frame: Receive) -> None:
        self.heard.append(frame)

    def say_all(self, frames: Sequence[bytes]) -> None:
        for data in frames:
            frame = decode_from_relay(data)
            assert isinstance(frame, Receive)
            self.heard.append(frame)

    def now(self) -> float:
        return self.at

    def monotonic(self) -> float:
        return self.at

    def ack(self, *places: int) -> list[FrameId]:
        """Acknowledge the frames heard at these places."""
        kept = self.inbox.ack(tuple(self.heard[place].delivery for place in places))
        assert kept.letters == len(kept.wanted)
        return [frame_id for _, frame_id in kept.wanted]

    @property
    def ids(self) -> list[str]:
        return [frame.id for frame in self.heard]


def letter(frame_id: object, sender: Amid = ALICE, size: int = 10, **more: object) -> Letter:
    fields: dict[str, object] = {
        "sender": sender,
        "recipient": BOB,
        "id": FrameId(str(frame_id)),
        "message_type": "message",
        "payload": bytes(size),
        "sent_at": 0,
        "expires_at": 1000,
        "want_acked": True,
    }
    return Letter(**{**fields, **more})  # type: ignore[arg-type]


def test_a_letter_is_written_at_once_and_forgotten_when_acknowledged() -> None:
    bob = Agent()
    assert bob.inbox.hold(letter(1)) == "forwarded"
    assert bob.ids == ["1"]
    assert len(bob.inbox) == 1
    assert bob.ack(0) == ["1"]
    assert len(bob.inbox) == 0
    assert bob.ack(0) == []


def test_no_more_than_a_window_is_written_before_an_ack() -> None:
    bob = Agent()
    for number in range(WINDOW_MESSAGES + 10):
        assert bob.inbox.hold(letter(number)) == "forwarded"
    assert len(bob.heard) == WINDOW_MESSAGES
    bob.ack(0, 5)
    assert len(bob.heard) == WINDOW_MESSAGES + 2


def test_a_window_is_bounded_in_bytes_but_takes_one_letter_of_any_size() -> None:
    bob = Agent()
    bob.inbox.hold(letter(1, size=WINDOW_BYTES + 1))
    bob.inbox.hold(letter(2))
    assert bob.ids == ["1"]
    bob.ack(0)
    assert bob.ids == ["1", "2"]


def test_beyond_its_share_of_memory_nothing_is_held() -> None:
    bob = Agent()
    outcomes = [bob.inbox.hold(letter(number)) for number in range(HELD_MESSAGES + 1)]
    assert outcomes.count(None) == 1
    poor = Agent(memory=Memory(0, bound=15))
    assert poor.inbox.hold(letter(1)) == "forwarded"
    assert poor.inbox.hold(letter(2)) is None
    poor.ack(0)
    assert poor.inbox.hold(letter(2)) == "forwarded"


def test_the_same_letter_is_written_once() -> None:
    bob = Agent()
    assert [bob.inbox.hold(letter(1)) for _ in range(3)] == ["forwarded"] * 3
    assert bob.ids == ["1"]


def test_no_letter_overtakes_one_of_its_sender_that_is_on_its_way_to_the_disk() -> None:
    bob = Agent()
    bob.inbox.expect(ALICE)
    assert bob.inbox.hold(letter(2)) is None
    assert bob.inbox.hold(letter(1, CAROL)) == "forwarded"
    bob.inbox.expected(ALICE)
    assert bob.inbox.hold(letter(2)) == "forwarded"


def test_what_waited_comes_first_and_leaves_the_disk_when_acknowledged() -> None:
    bob = Agent()
    for number in range(3):
        bob.mailbox.put(letter(number), Room(), lambda _: None)
    bob.inbox.begin(bob.mailbox.pending())
    bob.inbox.hold(letter(3))
    assert bob.ids == ["0", "1", "2", "3"]
    bob.ack(0, 1, 3)
    assert [it.id for it in bob.mailbox.letters.values()] == ["2"]


def test_a_letter_that_expired_meanwhile_holds_up_nothing() -> None:
    bob = Agent()
    for number in range(3):
        bob.mailbox.put(letter(number), Room(), lambda _: None)
    pending = bob.mailbox.pending()
    bob.mailbox.remove([2])
    bob.inbox.begin(pending)
    assert bob.ids == ["0", "2"]


def test_what_is_not_acknowledged_in_time_moves_to_the_disk_and_then_the_agent_is_given_up() -> (
    None
):
    bob = Agent()
    bob.inbox.hold(letter(1))
    assert not bob.inbox.is_overdue(bob.at + ACK_SECONDS - 1)
    assert bob.mailbox.letters == {}
    assert not bob.inbox.is_overdue(bob.at + ACK_SECONDS)
    assert not bob.inbox.is_overdue(bob.at + ACK_SECONDS + 1)
    assert [it.attempts for it in bob.mailbox.letters.values()] == [1]
    assert bob.inbox.is_overdue(bob.at + GIVE_UP_SECONDS)
    bob.ack(0)
    assert bob.mailbox.letters == {}


def test_when_the_agent_goes_what_was_in_memory_goes_to_the_disk_in_order() -> None:
    bob = Agent()
    for number in range(WINDOW_MESSAGES + 2):
        bob.inbox.hold(letter(number))
    bob.inbox.hold(letter("file", message_type="bulk"))
    bob.ack(0)
    bob.inbox.close()
    kept = list(bob.mailbox.letters.values())
    assert [it.id for it in kept] == [str(n) for n in range(1, WINDOW_MESSAGES + 2)]
    assert [it.attempts for it in kept[-2:]] == [1, 0]


def test_a_letter_in_memory_that_reaches_the_disk_by_another_way_is_still_one_letter() -> None:
    bob = Agent()
    bob.inbox.hold(letter(1))
    bob.mailbox.put(letter(1), Room(), lambda _: None)
    bob.inbox.arrived(bob.mailbox.pending()[0])
    assert bob.ids == ["1"]
    bob.ack(0)
    assert bob.mailbox.letters == {}


def test_memory_is_free_again_after_everything() -> None:
    memory = Memory(0, bound=1000)
    for is_full in (False, True):
        bob = Agent(memory=memory)
        bob.mailbox.is_full = is_full
        for number in range(30):
            bob.inbox.hold(letter(number))
        bob.ack(*range(10))
        bob.at += ACK_SECONDS
        bob.inbox.is_overdue(bob.at)
        bob.inbox.close()
    assert memory.take(1000)


def sends(*ids: object, size: int = 10) -> list[Send]:
    return [
        Send(
            id=FrameId(str(it)),
            to=BOB,
            message_type="message",
            encrypted_payload=bytes(size),
            want_acked=True,
        )
        for it in ids
    ]


def test_many_at_once_are_written_kept_and_forgotten_like_single_ones() -> None:
    bob = Agent()
    assert bob.inbox.hold_all(ALICE, sends(1, 2, 3), 7)
    bob.inbox.hold(letter(4))
    assert bob.ids == ["1", "2", "3", "4"]
    assert [it.timestamp for it in bob.heard] == [7, 7, 7, 0]
    assert bob.ack(1) == ["2"]
    bob.inbox.close()
    kept = list(bob.mailbox.letters.values())
    assert [(it.id, it.sent_at, it.attempts) for it in kept] == [
        ("1", 7, 1),
        ("3", 7, 1),
        ("4", 0, 1),
    ]
    assert kept[0].expires_at == 7 + limits.MAILBOX_SECONDS * 1000


@pytest.mark.parametrize(
    "some",
    [
        sends(1, 1),
        sends("known", 2),
        sends(*range(CALM_MESSAGES + 1)),
        sends(1, 2, size=CALM_BYTES // 2 + 1),
    ],
    ids=["one-twice", "one-known", "many", "large"],
)
def test_of_many_at_once_that_are_not_simple_none_is_taken(some: list[Send]) -> None:
    bob = Agent()
    bob.inbox.hold(letter("known"))
    assert not bob.inbox.hold_all(ALICE, some, 0)
    assert bob.ids == ["known"]
    assert len(bob.inbox) == 1


def test_many_at_once_overtake_nothing() -> None:
    bob = Agent()
    bob.inbox.expect(ALICE)
    assert not bob.inbox.hold_all(ALICE, sends(2), 0)
    assert bob.inbox.hold_all(CAROL, sends(2), 0)
    bob.inbox.expected(ALICE)
    assert bob.inbox.hold_all(ALICE, sends(2), 0)
    poor = Agent(memory=Memory(0, bound=15))
    assert not poor.inbox.hold_all(ALICE, sends(1, 2), 0)
    assert poor.inbox.hold_all(ALICE, sends(1), 0)
