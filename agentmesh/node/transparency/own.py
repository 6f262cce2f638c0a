"""Which of our own records we published: an entry about us that is none of them is not ours."""

import msgspec

from agentmesh.protocol.signed import Signed
from agentmesh.protocol.transparency import LogEntry, document_hash
from agentmesh.storage.interface import CardRow, Put, Store

DRAWER = "own_record"
KEPT_SECONDS = 400 * 86400
"""So long a record of ours may come up in the log after we published it."""
WATCHED_FROM = "log/watched_from"
"""The number of the entry from which on we know all that we published: none as long as we always
did; `UNKNOWN` after a backup was restored, until the log was read once."""
UNKNOWN = b"unknown"


def own_record(signed: Signed, now: float) -> Put:
    """Return what is to be kept of a record (or revocation) before it is published."""
    name = document_hash(msgspec.msgpack.encode(signed)).hex()
    return Put(
        CardRow(drawer=DRAWER, name=name, body=b"", created_at=now, expires_at=now + KEPT_SECONDS)
    )


async def is_ours(store: Store, entry: LogEntry) -> bool:
    """Whether we made what this entry is about."""
    return await store.card(DRAWER, entry.document.hex()) is not None
