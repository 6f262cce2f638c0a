"""Which errand is due first."""

import heapq
from collections.abc import Mapping

from agentmesh.node.entries import Entry

SPARE = 64
"""So many stale places are no waste."""


class Agenda:
    """Entries by the time they are due.

    Nothing is taken out of the middle of a heap: an entry that ended, or is due sooner than it was,
    leaves a stale place. Those are cleared before they are more than the others.
    """

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._entries = entries
        self._heap: list[tuple[float, str]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, entry: Entry, due: float) -> None:
        """Say when an entry is due, whatever was said before."""
        entry.due = due
        heapq.heappush(self._heap, (due, entry.errand_id))
        if len(self._heap) > 2 * len(self._entries) + SPARE:
            self._heap = [place for place in self._heap if self._entry_at(place) is not None]
            heapq.heapify(self._heap)

    def first(self) -> Entry | None:
        """Return what is due first. It stays."""
        while self._heap:
            entry = self._entry_at(self._heap[0])
            if entry is not None:
                return entry
            heapq.heappop(self._heap)
        return None

    def take_first(self) -> None:
        """Remove what `first` has returned."""
        heapq.heappop(self._heap)

    def _entry_at(self, place: tuple[float, str]) -> Entry | None:
        """Return which entry waits at a place; None if it is stale."""
        due, errand_id = place
        entry = self._entries.get(errand_id)
        return entry if entry is not None and not entry.is_running and entry.due == due else None
