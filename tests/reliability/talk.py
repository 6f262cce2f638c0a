"""A scripted conversation: two agents speak and listen while everything around them dies."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from agentmesh.control import answers, calls
from agentmesh.control.client import Client
from agentmesh.errors import TimedOut, TransportError, UsageError
from agentmesh.observability.world import SystemClock

MESSAGES_A_TOPIC = 40
"""After so many the agents change the topic: both knock, often at the same time."""

HANG_UP = 0.2
LONGEST_BURST = 12
LONGEST_PAUSE = 0.5
AWAY_SECONDS = 0.1
PAGE = 100

_clock = SystemClock()


@dataclass(frozen=True)
class Word:
    """A message: one whose daemon answered that it keeps it, or one that an agent got; and when."""

    number: int
    session_id: str
    message_id: str
    at: float


@dataclass
class Agent:
    """One agent: a mouth and an ear, each a thread with a connection of its own to the daemon.

    `failed` counts calls that brought no answer: such a message may or may not arrive. `hangs_up`:
    now and then it ends a session, one that is being asked for or one of a while ago.
    """

    client: Callable[[], Client]
    peer: str
    luck: random.Random
    hangs_up: bool = False
    said: list[Word] = field(default_factory=list)
    heard: list[Word] = field(default_factory=list)
    failed: Counter[str] = field(default_factory=Counter)
    broken: list[Exception] = field(default_factory=list)
    _mute: threading.Event = field(default_factory=threading.Event)
    _deaf: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        for work in (self._speak, self._listen):
            thread = threading.Thread(target=self._guard, args=(work,), daemon=True)
            thread.start()
            self._threads.append(thread)

    def hush(self) -> None:
        """Say nothing more; go on listening."""
        self._mute.set()
        self._threads[0].join(60)

    def stop(self) -> None:
        self._mute.set()
        self._deaf.set()
        for thread in self._threads:
            thread.join(60)

    def _guard(self, work: Callable[[Client], None]) -> None:
        try:
            with self.client() as client:
                work(client)
        except Exception as error:  # noqa: BLE001 (the test raises it)
            self.broken.append(error)

    # --- the mouth -----------------------------------------------------------------------------

    def _speak(self, client: Client) -> None:
        number = 0
        while not self._mute.is_set():
            for _ in range(self.luck.randint(1, LONGEST_BURST)):
                number += 1
                self._say(client, number)
            if self.hangs_up and self.said and self.luck.random() < HANG_UP:
                self._hang_up(client, self.luck.choice(self.said[-20:]).session_id)
            self._mute.wait(self.luck.uniform(0, LONGEST_PAUSE))

    def _say(self, client: Client, number: int) -> None:
        topic = f"topic-{number // MESSAGES_A_TOPIC}/talk"
        try:
            sent = client.call(calls.Send(to=self.peer, body={"number": number}, intent=topic))
        except (TransportError, TimedOut) as error:
            self.failed[error.code] += 1
            self._mute.wait(AWAY_SECONDS)
            return
        self.said.append(_word(number, sent))

    def _hang_up(self, client: Client, session_id: str) -> None:
        try:
            client.call(calls.Kill(session_id=session_id))
        except (TransportError, TimedOut) as error:
            self.failed[error.code] += 1
        except UsageError as error:
            if error.code != "session_not_found":  # it is over already
                raise

    # --- the ear -------------------------------------------------------------------------------

    def _listen(self, client: Client) -> None:
        """Take the inbox from where it was left, never looking back, until it is empty."""
        last = ""
        while True:
            at_the_end = self._deaf.is_set()
            try:
                asked = calls.Inbox(sender=self.peer, after=last, limit=PAGE, wait=1)
                found = client.call(asked).messages
                if at_the_end and not found:
                    return
                for message in found:
                    self.heard.append(_word(message.payload["number"], message))
                    last = message.message_id
                if last and self.luck.random() < 0.3:
                    client.call(calls.Read(message_id=last))
            except (TransportError, TimedOut):
                self._deaf.wait(AWAY_SECONDS)


def _word(number: int, told: answers.Sent | answers.Message) -> Word:
    return Word(number, told.session_id, told.message_id, _clock.monotonic())
