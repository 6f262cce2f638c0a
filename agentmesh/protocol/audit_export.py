"""What an agent signs when it hands out a part of its audit log."""

from typing import Annotated

import msgspec

from agentmesh.protocol.bounded import Count, Key32, Milliseconds, Word
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.signed import Document

Time = Annotated[str, msgspec.Meta(max_length=40)]


class AuditExport(Document, frozen=True, kw_only=True):
    """These lines, and where the whole log stood then.

    `sha256` is over the lines as they are, ends included. `is_whole`: the whole log was examined,
    and every line was there and as it had been written. Without `kinds`, `peer`, `since` and
    `until` no line between the first and the last was left out.
    """

    amid: Amid
    exported_at: Milliseconds
    lines: Count
    sha256: Key32
    first: Milliseconds
    last: Milliseconds
    head: Milliseconds
    head_hash: Word
    is_whole: bool
    kinds: tuple[Word, ...] = ()
    peer: Word = ""
    since: Time = ""
    until: Time = ""
