"""Letters that agents left behind when they went: on their way to the disk, a little at a time.

Readers that take nothing are cut by the thousand at once. All that waited for them would have the
disk and the interpreter to itself for seconds; it has been promised, and has time.
"""

from collections import deque
from collections.abc import Callable
from functools import partial

from agentmesh.protocol.ids import Amid
from agentmesh_relay.mailbox.interface import Refusal, Stored
from agentmesh_relay.mailbox.puts import Put

SLICE_BYTES = 1024 * 1024
PAUSE_SECONDS = 0.05
"""Between a slice that is on the disk and the next one: 20 MB a second at most."""

Later = Callable[[float, Callable[[], None]], object]
"""Do something after so many seconds, as a loop's `call_later` does."""


class Moves:
    """One agent's letters keep their order; whoever needs them on the disk hurries them."""

    def __init__(self, later: Later, put: Callable[[Put], None]) -> None:
        self._later = later
        self._put = put
        self._waiting: dict[Amid, deque[Put]] = {}
        self._is_under_way = False

    def add(self, put: Put) -> None:
        """Put this letter soon."""
        self._waiting.setdefault(put.letter.recipient, deque()).append(put)
        if not self._is_under_way:
            self._is_under_way = True
            self._later(0, self._go_on)

    def hurry(self, recipient: Amid) -> None:
        """Put what waits for this one now: something newer comes, or it wants to read."""
        for put in self._waiting.pop(recipient, ()):
            self._put(put)

    def hurry_all(self) -> None:
        """Put everything now."""
        for recipient in list(self._waiting):
            self.hurry(recipient)

    def _go_on(self) -> None:
        puts = self._slice()
        self._is_under_way = bool(puts)
        if puts:
            last = puts.pop()
            for put in puts:
                self._put(put)
            self._put(Put(last.letter, last.room, partial(self._is_kept, last)))

    def _slice(self) -> list[Put]:
        puts: list[Put] = []
        size = 0
        while self._waiting and size < SLICE_BYTES:
            recipient, waiting = next(iter(self._waiting.items()))
            puts.append(waiting.popleft())
            size += len(puts[-1].letter.payload)
            if not waiting:
                del self._waiting[recipient]
        return puts

    def _is_kept(self, last: Put, result: Stored | Refusal) -> None:
        self._later(PAUSE_SECONDS, self._go_on)
        last.done(result)
