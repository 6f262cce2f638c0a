"""An agent's inbox without a connection: a mailbox in memory, and all that the agent hears."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from agentmesh_relay.delivery import Memory
from agentmesh_relay.inbox import Inbox
from agentmesh_relay.mailbox.interface import Letter, Pending, Refusal, Room, Stored, Told

from agentmesh.observability.logs import Code
from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import Receive, Send, decode_from_relay
from tests.support.websocket_frames import bodies

ALICE, BOB, CAROL = Amid("alice"), Amid("bob"), Amid("carol")


class VolatileMailbox:
    """Keeps letters in a list, each once, and tells at once: or, if it `is_slow`, at `sync`."""

    def __init__(self) -> None:
        self.letters: dict[int, Letter] = {}
        self.is_full = False
        self.is_slow = False
        self._puts: list[Callable[[], None]] = []
        self.moves: list[Callable[[], None]] = []
        """What has been promised and shall be kept later."""
        self._rows = 0

    def put(self, letter: Letter, room: Room, done: Told) -> None:
        if self.is_slow:
            self._puts.append(partial(self._put, letter, done))
        else:
            self._put(letter, done)

    def _put(self, letter: Letter, done: Told) -> None:
        if self.is_full:
            done(Refusal("MAILBOX_FULL"))
            return
        for row, same in self.letters.items():
            if (same.sender, same.id) == (letter.sender, letter.id):
                done(Stored(row))
                return
        row = self._rows = self._rows + 1  # never one that there was before
        self.letters[row] = letter
        done(Stored(row))

    def sync(self) -> None:
        """Have on the disk what was on its way there."""
        puts, self._puts = self._puts, []
        for put in puts:
            put()

    def move(self, letter: Letter, room: Room, done: Told) -> None:
        self.moves.append(partial(self.put, letter, room, done))

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

    def catch_up(self) -> None:
        """Keep what was promised."""
        while self.moves:
            self.moves.pop(0)()

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

    def say_raw(self, data: bytes) -> None:
        for body in bodies(data):
            frame = decode_from_relay(body)
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
