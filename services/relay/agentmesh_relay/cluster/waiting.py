"""What other nodes were asked and have not answered yet. Nothing waits for ever."""

from collections.abc import Callable
from itertools import count

import msgspec

from agentmesh.protocol.relay_frames import Sent
from agentmesh.protocol.world import Clock
from agentmesh_relay.cluster.words import NodeId, Reply

ANSWER_SECONDS = 5.0
MAX_QUESTIONS = 50_000
MAX_BYTES = 64 * 1024 * 1024
"""Letters that others have not answered for. Beyond it a letter goes into the mailbox."""


class Question(msgspec.Struct, gc=False):
    """One of them; `left` answers are still to come, unless one answers all."""

    node: NodeId
    left: int
    size: int
    asked_at: float
    done: Callable[[Reply | None], None]


class Waiting:
    """Knows whom to tell the answer; or None when there will be none."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._numbers = count()
        self._questions: dict[int, Question] = {}
        self._bytes = 0

    def __len__(self) -> int:
        return len(self._questions)

    def has_room(self, size: int) -> bool:
        """Whether one more may be asked, with a letter of this size."""
        return len(self._questions) < MAX_QUESTIONS and self._bytes + size <= MAX_BYTES

    def add(self, node: NodeId, left: int, size: int, done: Callable[[Reply | None], None]) -> int:
        """Return the number under which the answers come."""
        number = next(self._numbers)
        self._questions[number] = Question(node, left, size, self._clock.monotonic(), done)
        self._bytes += size
        return number

    def answer(self, number: int, reply: Reply | None) -> None:
        """Tell who asked. What nobody waits for any more is dropped."""
        question = self._questions.get(number)
        if question is None:
            return
        question.left -= 1
        if question.left <= 0 or not isinstance(reply, Sent):
            del self._questions[number]
            self._bytes -= question.size
        question.done(reply)

    def give_up(self, node: NodeId | None = None) -> None:
        """Expect no answer from this node, or from any."""
        for number, question in list(self._questions.items()):
            if node is None or question.node == node:
                self.answer(number, None)

    def look(self, now: float) -> None:
        """Give up what takes too long."""
        while self._questions:  # in the order in which they were asked
            number, question = next(iter(self._questions.items()))
            if now - question.asked_at < ANSWER_SECONDS:
                return
            self.answer(number, None)
