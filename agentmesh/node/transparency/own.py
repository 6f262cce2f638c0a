"""Which of our own records we published: an entry about us that is none of them is not ours."""

import msgspec

from agentmesh.protocol.signed import Signed
from agentmesh.protocol.transparency import LogEntry, document_hash
from agentmesh.storage.interface import CardRow, DropCard, Put, Store

DRAWER = "own_record"
KEPT_SECONDS = 400 * 86400
"""So long a record of ours may come up in the log after we published it."""
AWAITED, AWAITED_SECONDS = "certificate that was asked for", 600.0
WATCHED_FROM = "log/watched_from"
"""The number of the entry from which on we know all that we published: none as long as we always
did; `UNKNOWN` after a backup was restored, until the log was read once."""
UNKNOWN = b"unknown"


def own_record(signed: Signed, now: float) -> Put:
    """Return what is to be kept of a record (or revocation) before it is published."""
    return own_document(msgspec.msgpack.encode(signed), now)


def own_document(data: bytes, now: float) -> Put:
    """Return what is to be kept of a document of ours that the log tells of."""
    name = document_hash(data).hex()
    return Put(
        CardRow(drawer=DRAWER, name=name, body=b"", created_at=now, expires_at=now + KEPT_SECONDS)
    )


def awaited(now: float) -> Put:
    """Return what is to be kept before a certificate is asked for: the log may tell of it first."""
    until = now + AWAITED_SECONDS
    return Put(CardRow(drawer=DRAWER, name=AWAITED, body=b"", created_at=now, expires_at=until))


def no_more_awaited() -> DropCard:
    """Return what is to be kept once the answer is here."""
    return DropCard(DRAWER, AWAITED)


async def is_awaited(store: Store) -> bool:
    """Whether a certificate of ours may come up that we have not seen yet."""
    return await store.card(DRAWER, AWAITED) is not None


async def is_ours(store: Store, entry: LogEntry) -> bool:
    """Whether we made what this entry is about."""
    return await store.card(DRAWER, entry.document.hex()) is not None
