"""Reading a log page by page: what was read has to be what its head says."""

from collections.abc import Sequence
from typing import Protocol, TypeVar
from urllib.parse import urlencode

import msgspec

from agentmesh.identity.registry_log import KnownHead, LogFault, check_successor, entry_in
from agentmesh.protocol.limits import LOG_PAGE
from agentmesh.protocol.merkle import Frontier, Stand, leaf_hash
from agentmesh.protocol.transparency import Hashes, LogEntry, LogPage

A = TypeVar("A", bound=msgspec.Struct)

PAGES_AT_ONCE = 20
"""So many pages of entries are read in one go; the rest the next time."""
MAX_REVOCATIONS = 100_000


class Ask(Protocol):
    """Asks the registry for a target, and returns the answer as a type."""

    async def __call__(self, target: str, kind: type[A]) -> A:
        """Return the answer."""


class News(msgspec.Struct, frozen=True):
    """Entries that are new to us, how far we had read before, and how far with them."""

    since: Frontier = Frontier()
    entries: tuple[LogEntry, ...] = ()
    grown: Frontier = Frontier()
    more: bool = False

    @property
    def start(self) -> int:
        """The first entry's number."""
        return self.since.size


class ConsistencyAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What proves that one tree is the beginning of another."""

    consistency: Hashes


async def consistency(ask: Ask, old: int, new: int) -> Hashes:
    """Return what proves that the log of one size is the beginning of that of another."""
    query = urlencode({"old": old, "new": new})
    return (await ask("/v1/log/consistency?" + query, ConsistencyAnswer)).consistency


async def read_news(ask: Ask, known: Frontier, head: KnownHead) -> News:
    """Return what comes next in the log: it fits the head."""
    grown, entries = known, list[LogEntry]()
    for _ in range(PAGES_AT_ONCE):
        if grown.size >= head.tree.size:
            break
        grown, read = await _page(ask, "/v1/log/entries", grown, head.tree.size)
        entries += read
    if entries:
        await _check_part(ask, grown.stand, head)
    return News(known, tuple(entries), grown, grown.size < head.tree.size)


async def read_revocations(
    ask: Ask, known: Frontier, head: KnownHead
) -> tuple[Frontier, set[bytes]]:
    """Return whose identities were taken back since, all of them, and the list read so far."""
    if head.tree.revocations > MAX_REVOCATIONS:
        raise LogFault("log_withheld", "has more revocations than we read")
    grown, subjects = known, set[bytes]()
    while grown.size < head.tree.revocations:
        grown, read = await _page(ask, "/v1/registry/revocations", grown, head.tree.revocations)
        subjects |= {entry.subject for entry in read}
    if grown.stand != head.tree.revocations_stand:
        raise LogFault("log_forked", "has other revocations than it shows", (head.signed,))
    return grown, subjects


async def _check_part(ask: Ask, part: Stand, head: KnownHead) -> None:
    """Raise unless what was read is the beginning of the log, or all of it."""
    path: Hashes = ()
    if part.size < head.tree.size:
        path = await consistency(ask, part.size, head.tree.size)
    tree = msgspec.structs.replace(head.tree, size=part.size, root=part.root)
    try:
        check_successor(KnownHead(head.signed, tree), head, path)
    except LogFault as fault:
        raise LogFault(fault.code, "has other entries than its head says", (head.signed,)) from None


async def _page(
    ask: Ask, path: str, grown: Frontier, size: int
) -> tuple[Frontier, Sequence[LogEntry]]:
    wanted = min(LOG_PAGE, size - grown.size)
    query = urlencode({"start": grown.size, "limit": wanted})
    page = await ask(f"{path}?{query}", LogPage)
    if page.start != grown.size or not 0 < len(page.entries) <= wanted:
        raise LogFault("log_withheld", "keeps entries back")
    read: list[LogEntry] = []
    for data in page.entries:
        grown, _ = grown.grown(leaf_hash(data))
        read.append(entry_in(data))
    return grown, read
