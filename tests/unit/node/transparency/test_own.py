"""What we published is known again in the log."""

import msgspec

from agentmesh.node.transparency.own import is_ours, own_record
from agentmesh.protocol.transparency import LogEntry, document_hash, subject_of
from agentmesh.storage.volatile import VolatileStore
from tests.support.registrant import Registrant

ALICE = Registrant("alice")


async def test_what_we_published_is_ours_and_nothing_else() -> None:
    store = VolatileStore()
    await store.commit([own_record(ALICE.record(1), 1000)])
    for sequence, ours in ((1, True), (2, False)):
        packed = msgspec.msgpack.encode(ALICE.record(sequence))
        entry = LogEntry(
            kind="record",
            subject=subject_of(ALICE.amid),
            document=document_hash(packed),
            previous=None,
            timestamp=1,
        )
        assert await is_ours(store, entry) is ours
