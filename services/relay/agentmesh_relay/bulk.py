"""Chunks of files for one agent: behind its letters, in a window of their own, never on disk."""

from collections import deque

from agentmesh_relay.delivery import Delivery, Memory

HELD_BULK_BYTES = 4 * 1024 * 1024
"""What may wait for one agent. Beyond it a chunk is refused, and its sender offers it again."""

BULK_WINDOW_BYTES = 2 * 1024 * 1024
"""What may be under way unacknowledged: enough to fill a long path."""


class Bulk:
    """What waits, and how much of it is under way."""

    __slots__ = ("_held", "_memory", "_under_way", "_waiting")

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._waiting: deque[Delivery] = deque()
        self._held = 0
        self._under_way = 0

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def take(self, delivery: Delivery) -> bool:
        """Take a chunk if there is room for it."""
        size = delivery.size
        if self._held + size > HELD_BULK_BYTES or not self._memory.take(size):
            return False
        self._waiting.append(delivery)
        self._held += size
        return True

    def next(self, room: int) -> Delivery | None:
        """Return the next chunk if it fits into this room; it counts as under way."""
        if not self._waiting:
            return None
        size = self._waiting[0].size
        if size > room or self._under_way + size > BULK_WINDOW_BYTES:
            return None
        self._under_way += size
        return self._waiting.popleft()

    def let_go(self, delivery: Delivery) -> None:
        """Forget a chunk that its addressee has."""
        self._under_way -= delivery.size
        self._held -= delivery.size
        self._memory.give_back(delivery.size)

    def drop(self) -> None:
        """Forget it all."""
        self._memory.give_back(self._held)
        self._held = self._under_way = 0
        self._waiting.clear()
