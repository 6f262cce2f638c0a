"""The log, for whoever wants to check this registry: heads, proofs, entries by page."""

from agentmesh.errors import Refused
from agentmesh.protocol.transparency import LogPage
from agentmesh_registry.desk import Call, Desk, Reply
from agentmesh_registry.log_bodies import (
    Beginning,
    Consistency,
    Entries,
    EntryOf,
    EntryProof,
    KnownLog,
)
from agentmesh_registry.storage.log import Tree


async def log_head(desk: Desk, _call: Call, asked: KnownLog) -> Reply:
    """Tell how the log stands, signed, with proof that what the asker knows is its beginning."""
    return Reply(body=await desk.ledger.head(asked.log_size))


async def log_proof(desk: Desk, _call: Call, asked: EntryOf) -> Reply:
    """Prove an entry in the log as it was when it had so many entries."""
    found = await desk.ledger.inclusion(asked.index, asked.size)
    if found is None:
        raise _not_there()
    entry, path = found
    return Reply(body=EntryProof(index=asked.index, size=asked.size, entry=entry, path=tuple(path)))


async def log_consistency(desk: Desk, _call: Call, asked: Beginning) -> Reply:
    """Prove that the log of one size is the beginning of the log of another."""
    steps = await desk.ledger.consistency(asked.old, asked.new)
    if steps is None:
        raise _not_there()
    return Reply(body=Consistency(old=asked.old, new=asked.new, consistency=tuple(steps)))


async def log_entries(desk: Desk, _call: Call, asked: Entries) -> Reply:
    """Return entries by their number."""
    return await _page(desk, Tree.ENTRIES, asked)


async def revocations(desk: Desk, _call: Call, asked: Entries) -> Reply:
    """Return the entries that are revocations, by their number among these."""
    return await _page(desk, Tree.REVOCATIONS, asked)


async def _page(desk: Desk, tree: Tree, asked: Entries) -> Reply:
    entries = await desk.ledger.page(tree, asked.start, asked.limit)
    return Reply(body=LogPage(start=asked.start, entries=tuple(entries)))


def _not_there() -> Refused:
    return Refused(
        "log_entry_not_found",
        "The log has not so many entries.",
        "GET /v1/log/head tells how many there are.",
    )
