"""Whether log and tables say the same: the trees are computed anew from the entries.

The caller gives a transaction that sees one moment; every row is read once.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any

import msgspec
import sqlalchemy as sa

from agentmesh.errors import AgentMeshError
from agentmesh.protocol.merkle import Frontier, Node, fold, leaf_hash
from agentmesh.protocol.transparency import (
    CERTIFICATE,
    RECORD,
    REVOCATION,
    LogEntry,
    document_hash,
    read_entry,
    subject_of,
)
from agentmesh_registry.storage import log
from agentmesh_registry.storage.log import Tree
from agentmesh_registry.storage.log_nodes import hashes_of
from agentmesh_registry.storage.tables import (
    agents,
    certificates,
    log_entries,
    log_nodes,
    log_trees,
    revocations,
)

MAX_PROBLEMS = 20
_AT_ONCE = 1000
Step = Callable[[int], None]
"""Is told how many entries were read."""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a registry holds. `problems`: where log and tables differ, the first ones."""

    agents: int
    revocations: int
    log_entries: int
    log_root: str
    verified: bool
    problems: tuple[str, ...] = ()


def counted(connection: sa.Connection) -> Report:
    """Return the counts, without looking closer."""
    look = sa.select(log_trees.c.peaks).where(log_trees.c.tree == Tree.ENTRIES)
    peaks = log.split(connection.execute(look).scalar_one_or_none() or b"")
    return Report(
        agents=_count(connection, agents),
        revocations=_count(connection, revocations),
        log_entries=_count(connection, log_entries),
        log_root=fold(peaks).hex(),
        verified=False,
    )


def verified(connection: sa.Connection, step: Step) -> Report:
    """Return the counts, and every place where log and tables differ. It reads all of them."""
    walk = _Walk(connection, step)
    problems = tuple(islice(walk.problems(), MAX_PROBLEMS))
    return msgspec.structs.replace(counted(connection), verified=True, problems=problems)


class _Walk:
    """Goes through the log from its beginning, then through the tables."""

    def __init__(self, connection: sa.Connection, step: Step) -> None:
        self._connection = connection
        self._step = step
        self._trees = {tree: Frontier() for tree in Tree}
        self._last: dict[bytes, int] = {}
        self._last_record: dict[bytes, int] = {}

    def problems(self) -> Iterator[str]:
        """Yield what is wrong."""
        for rows in _pages(self._connection, sa.select(log_entries), log_entries.c.index):
            made: dict[Tree, dict[Node, bytes]] = {tree: {} for tree in Tree}
            for row in rows:
                yield from self._entry(row, made)
            for tree, nodes in made.items():
                yield from self._hashes(tree, nodes)
            self._step(self._trees[Tree.ENTRIES].size)
        for tree, frontier in self._trees.items():
            yield from self._end(tree, frontier)
        yield from self._agents()
        yield from self._revocations()
        yield from self._certificates()

    def _entry(self, row: Any, made: dict[Tree, dict[Node, bytes]]) -> Iterator[str]:
        size, revoked = (self._trees[tree].size for tree in Tree)
        entry = _read(row.entry)
        if row.index != size:
            yield f"entry {size} is missing"
        if entry is None or entry.subject != row.subject:
            yield f"entry {row.index} is not what it is listed under"
        elif entry.previous != self._last.get(entry.subject):
            yield f"entry {row.index} names a wrong one before it"
        is_revocation = entry is not None and entry.kind == REVOCATION
        if row.revocation != (revoked if is_revocation else None):
            yield f"entry {row.index} has a wrong number among the revocations"
        self._last[row.subject] = row.index
        if entry is not None and entry.kind == RECORD:
            self._last_record[row.subject] = row.index
        for tree in tuple(Tree) if is_revocation else (Tree.ENTRIES,):
            self._trees[tree], nodes = self._trees[tree].grown(leaf_hash(row.entry))
            made[tree].update(nodes)

    def _hashes(self, tree: Tree, nodes: dict[Node, bytes]) -> Iterator[str]:
        if not nodes:
            return
        kept = hashes_of(self._connection, tree, nodes)
        for (level, position), digest in nodes.items():
            if kept.get((level, position)) != digest:
                yield f"hash {level}/{position} of tree {tree.value} is not what it should be"

    def _end(self, tree: Tree, frontier: Frontier) -> Iterator[str]:
        look = sa.select(log_trees).where(log_trees.c.tree == tree)
        row = self._connection.execute(look).one_or_none()
        if row is None or (row.size, row.peaks) != (frontier.size, b"".join(frontier.peaks)):
            yield f"tree {tree.value} is not the one of its {frontier.size} entries"
        kept = _count(self._connection, log_nodes, log_nodes.c.tree == tree)
        if kept != 2 * frontier.size - len(frontier.peaks):
            yield f"tree {tree.value} has hashes of entries that are not there"

    def _agents(self) -> Iterator[str]:
        """Compare each agent's record with its newest one in the log."""
        query = (
            sa.select(agents, log_entries.c.entry, revocations.c.log_index.label("revocation"))
            .outerjoin(log_entries, log_entries.c.index == agents.c.log_index)
            .outerjoin(revocations, revocations.c.amid == agents.c.amid)
        )
        for row in (it for rows in _pages(self._connection, query, agents.c.amid) for it in rows):
            subject = subject_of(row.amid)
            if _told(row.entry) != (RECORD, subject, document_hash(row.signed)):
                yield f"the record of {row.amid} is not the one in the log"
            if self._last_record.pop(subject, None) != row.log_index:
                yield f"the log has a newer record of {row.amid}"
            if (row.revoked_at is None) != (row.revocation is None):
                yield f"agent and revocation differ about {row.amid}"
        if self._last_record:
            yield f"the log has records of {len(self._last_record)} agents that are not kept"

    def _revocations(self) -> Iterator[str]:
        query = sa.select(revocations, log_entries.c.entry).outerjoin(
            log_entries, log_entries.c.index == revocations.c.log_index
        )
        found = 0
        pages = _pages(self._connection, query, revocations.c.amid)
        for row in (it for rows in pages for it in rows):
            found += 1
            if _told(row.entry) != (
                REVOCATION,
                subject_of(row.amid),
                document_hash(row.signed),
            ):
                yield f"the revocation of {row.amid} is not the one in the log"
        if found != self._trees[Tree.REVOCATIONS].size:
            yield "the log has revocations that are not kept"

    def _certificates(self) -> Iterator[str]:
        """Compare each certificate that its agent took with its entry."""
        query = (
            sa.select(certificates, log_entries.c.entry)
            .outerjoin(log_entries, log_entries.c.index == certificates.c.log_index)
            .where(certificates.c.log_index.is_not(None))
        )
        pages = _pages(self._connection, query, certificates.c.serial)
        for row in (it for rows in pages for it in rows):
            told = (CERTIFICATE, subject_of(row.subject), document_hash(row.data))
            if _told(row.entry) != told:
                yield f"the certificate {row.serial} is not the one in the log"


def _pages(
    connection: sa.Connection, query: sa.Select[Any], key: sa.Column[Any]
) -> Iterator[list[sa.Row[Any]]]:
    """Yield what a query finds in the order of a key, some at a time."""
    after: object = None
    while True:
        rest = query if after is None else query.where(key > after)
        rows = list(connection.execute(rest.order_by(key).limit(_AT_ONCE)))
        yield rows
        if len(rows) < _AT_ONCE:
            return
        after = getattr(rows[-1], key.name)


def _count(connection: sa.Connection, table: sa.Table, *conditions: Any) -> int:
    query = sa.select(sa.func.count()).select_from(table).where(*conditions)
    return connection.execute(query).scalar_one()


def _told(data: bytes | None) -> tuple[str, bytes, bytes] | None:
    entry = None if data is None else _read(data)
    return None if entry is None else (entry.kind, entry.subject, entry.document)


def _read(data: bytes) -> LogEntry | None:
    try:
        return read_entry(data)
    except AgentMeshError:
        return None
