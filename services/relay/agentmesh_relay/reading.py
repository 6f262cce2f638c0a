"""Letters that are on disk only, on their way to a connection: those that come next are read."""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial

from agentmesh_relay.delivery import Delivery
from agentmesh_relay.mailbox.interface import Letter, Mailbox
from agentmesh_relay.window import WINDOW_BYTES, WINDOW_MESSAGES


class Reading:
    """Reads for one agent, as much as a window takes at a time."""

    __slots__ = ("_is_under_way", "_mailbox")

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox
        self._is_under_way = False

    def begin(self, waiting: deque[Delivery], done: Callable[[Sequence[Delivery]], None]) -> None:
        """Read what comes next, unless that is done already.

        Then those that expired wait no more, and `done` is told which.
        """
        if self._is_under_way:
            return
        rows = _next_rows(waiting)
        self._is_under_way = True
        self._mailbox.fetch(rows, partial(self._end, waiting, len(rows), done))

    def _end(
        self,
        waiting: deque[Delivery],
        count: int,
        done: Callable[[Sequence[Delivery]], None],
        found: dict[int, Letter],
    ) -> None:
        self._is_under_way = False
        gone: list[Delivery] = []
        for delivery in [waiting.popleft() for _ in range(count)][::-1]:
            delivery.letter = found.get(delivery.row or 0)
            if delivery.letter is None:
                gone.append(delivery)
            else:
                waiting.appendleft(delivery)
        done(gone)


def _next_rows(waiting: Iterable[Delivery]) -> list[int]:
    """Return the rows of those that come next and are on disk only: what a window takes at once."""
    rows: list[int] = []
    size = 0
    for delivery in waiting:
        size += delivery.size
        if delivery.letter is not None or delivery.row is None:
            break
        if rows and (size > WINDOW_BYTES or len(rows) >= WINDOW_MESSAGES):
            break
        rows.append(delivery.row)
    return rows
