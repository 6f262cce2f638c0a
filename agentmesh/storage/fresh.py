"""What came a moment ago, in clear: whoever waits for it need not have it read and opened again.

Which messages there are, where they lie and whether they were read is asked of the file each time.
Here is only what they say, which never changes; it goes when it was shown, or after `SECONDS`.
"""

import asyncio
from collections.abc import Sequence

from msgspec.structs import replace

from agentmesh.errors import StorageError
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.storage.changes import Change, Deliver
from agentmesh.storage.queries import FEW, Queries
from agentmesh.storage.rows import IncomingRow

SECONDS = 1.0
MAX_ROWS, MAX_BODY = 1024, 4096
"""What is more, or larger than this, is read."""
PLACES = "SELECT row, consumed_at, peer, message_id, session_id, sequence FROM incoming "

_Name = tuple[Amid, MessageId, SessionId, int]
"""All four: of messages with one id the file keeps the first, and that may be another one."""


class Fresh:
    """The messages that were kept last and that nobody was shown yet."""

    def __init__(self, queries: Queries, seconds: float = SECONDS) -> None:
        self._queries = queries
        self._seconds = seconds
        self._rows: dict[_Name, IncomingRow] = {}
        self._timer: asyncio.TimerHandle | None = None

    def put(self, changes: Sequence[Change]) -> None:
        """Remember what is delivered by changes that are on the disk now."""
        for change in changes:
            if isinstance(change, Deliver) and len(change.row.body) <= MAX_BODY:
                if len(self._rows) >= MAX_ROWS:
                    break
                row = change.row
                self._rows[row.peer, row.message_id, row.session_id, row.sequence] = row
        if self._rows and self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(self._seconds, self.forget)

    def forget(self) -> None:
        """Have all of it read from now on."""
        self._rows.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def page(self, tail: str, values: tuple[int, Amid | None, int]) -> list[IncomingRow] | None:
        """Return the messages that a page of the inbox shows, if all of them are here.

        `tail` and `values` are its question: the last of the values is how many it takes.
        """
        if not self._rows:
            return None
        *which, limit = values
        try:
            places = self._queries.figures(PLACES + tail, (*which, min(limit, FEW + 1)))
        except StorageError:
            return None  # who reads the rows finds out what is wrong, and tells
        return None if len(places) > FEW else self._take(places)

    def _take(
        self, places: list[tuple[int, float | None, Amid, MessageId, SessionId, int]]
    ) -> list[IncomingRow] | None:
        # They are shown in any case: what stayed here would only take the place of what comes.
        found = [self._rows.pop(place[2:], None) for place in places]
        rows = [
            replace(row, position=place[0], consumed_at=place[1])
            for place, row in zip(places, found, strict=True)
            if row is not None
        ]
        return rows if len(rows) == len(places) else None
