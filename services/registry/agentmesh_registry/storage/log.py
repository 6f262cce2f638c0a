"""The log in the database: entries that are only ever added, and what proofs are made of.

An entry is written in the transaction of the change that it tells of: both are kept, or neither.
There is one writer, so numbers have no gaps.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from agentmesh.protocol import merkle
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.merkle import HASH_BYTES, Frontier
from agentmesh.protocol.transparency import REVOCATION, LogEntry, document_hash, subject_of
from agentmesh_registry.storage.log_nodes import LogNodes
from agentmesh_registry.storage.tables import log_entries, log_nodes, log_trees


class Tree(IntEnum):
    """The two trees of a head."""

    ENTRIES = 0
    REVOCATIONS = 1


class Trees(NamedTuple):
    """How both trees stand at one moment."""

    entries: Frontier
    revocations: Frontier


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What an entry tells of: `signed` is the document, as it travels; `amid` may be a domain."""

    kind: str
    amid: Amid | str
    signed: bytes


class Proved(NamedTuple):
    """What proves an entry, and what the trees were then."""

    trees: Trees
    entry: bytes
    path: list[bytes]
    consistency: list[bytes]


_revoked = log_trees.alias()


def with_entry(query: sa.Select[Any], index: sa.ColumnElement[int]) -> sa.Select[Any]:
    """Return a query whose rows have their entry and the trees beside them, for `proof_of`.

    The entry is in the tree: one statement sees one moment.
    """
    joined = (
        query.join(log_entries, log_entries.c.index == index)
        .join(log_trees, log_trees.c.tree == Tree.ENTRIES)
        .join(_revoked, _revoked.c.tree == Tree.REVOCATIONS)
    )
    return joined.add_columns(
        log_entries.c.entry,
        log_trees.c.size.label("log_size"),
        log_trees.c.peaks.label("log_peaks"),
        _revoked.c.size.label("log_revocations"),
        _revoked.c.peaks.label("log_revoked_peaks"),
    )


def append(connection: sa.Connection, change: Change, now: int) -> int:
    """Add an entry in this transaction, and return its number."""
    subject = subject_of(change.amid)
    newest = sa.select(sa.func.max(log_entries.c.index)).where(log_entries.c.subject == subject)
    look = sa.select(log_trees, newest.scalar_subquery().label("previous"))
    row = connection.execute(look.where(log_trees.c.tree == Tree.ENTRIES)).one()
    tree = Frontier(row.size, split(row.peaks))
    entry = msgspec.msgpack.encode(
        LogEntry(
            kind=change.kind,
            subject=subject,
            document=document_hash(change.signed),
            previous=row.previous,
            timestamp=now,
        )
    )
    fields = {"index": tree.size, "entry": entry, "subject": subject, "revocation": None}
    if change.kind == REVOCATION:
        revocations = trees(connection).revocations
        fields["revocation"] = revocations.size
        _grow(connection, Tree.REVOCATIONS, revocations, entry)
    _grow(connection, Tree.ENTRIES, tree, entry)
    connection.execute(sa.insert(log_entries).values(**fields))
    return tree.size


def trees(connection: sa.Connection) -> Trees:
    """Return how the log stands."""
    rows = connection.execute(sa.select(log_trees).order_by(log_trees.c.tree)).all()
    return Trees(*(Frontier(row.size, split(row.peaks)) for row in rows))


def proof_of(connection: sa.Connection, nodes: LogNodes, row: sa.Row[Any], known: int) -> Proved:
    """Return what proves the entry of a row of `with_entry`, and that the log goes on from `known`.

    A tree larger than ours is nobody's beginning: no proof then.
    """
    now = Trees(
        Frontier(row.log_size, split(row.log_peaks)),
        Frontier(row.log_revocations, split(row.log_revoked_peaks)),
    )
    size = now.entries.size
    steps = merkle.inclusion_ranges(row.log_index, size)
    steps_since = _ranges_since(known, size)
    hashes = nodes.of(connection, [*steps, *steps_since])
    path = merkle.proof(steps, hashes.__getitem__)
    return Proved(now, row.entry, path, merkle.proof(steps_since, hashes.__getitem__))


def inclusion(
    connection: sa.Connection, nodes: LogNodes, index: int, size: int
) -> tuple[bytes, list[bytes]] | None:
    """Return an entry, and what proves it in the tree of `size` entries, if it is in it."""
    if not index < size <= trees(connection).entries.size:
        return None
    look = sa.select(log_entries.c.entry).where(log_entries.c.index == index)
    steps = merkle.inclusion_ranges(index, size)
    hashes = nodes.of(connection, steps)
    return connection.execute(look).scalar_one(), merkle.proof(steps, hashes.__getitem__)


def consistency(
    connection: sa.Connection, nodes: LogNodes, old: int, new: int
) -> list[bytes] | None:
    """Return what proves that the first `old` entries begin the first `new`, if they are there."""
    if not old <= new <= trees(connection).entries.size:
        return None
    steps = _ranges_since(old, new)
    return merkle.proof(steps, nodes.of(connection, steps).__getitem__)


def since(connection: sa.Connection, nodes: LogNodes, known: int) -> tuple[Trees, list[bytes]]:
    """Return how the log stands, and what proves that the first `known` entries begin it."""
    now = trees(connection)
    steps = _ranges_since(known, now.entries.size)
    return now, merkle.proof(steps, nodes.of(connection, steps).__getitem__)


def page(connection: sa.Connection, tree: Tree, start: int, limit: int) -> Sequence[bytes]:
    """Return entries by their number in a tree."""
    number = log_entries.c.index if tree == Tree.ENTRIES else log_entries.c.revocation
    look = (
        sa.select(log_entries.c.entry)
        .where(number >= start, number < start + limit)
        .order_by(number)
    )
    return connection.execute(look).scalars().all()


def _grow(connection: sa.Connection, tree: Tree, old: Frontier, entry: bytes) -> None:
    new, made = old.grown(merkle.leaf_hash(entry))
    rows = [
        {"tree": tree, "level": level, "position": position, "hash": digest}
        for (level, position), digest in made
    ]
    connection.execute(sa.insert(log_nodes), rows)
    fields = {"size": new.size, "peaks": b"".join(new.peaks)}
    connection.execute(sa.update(log_trees).where(log_trees.c.tree == tree).values(**fields))


def _ranges_since(known: int, size: int) -> list[merkle.Range]:
    return merkle.consistency_ranges(known, size) if known <= size else []


def split(peaks: bytes) -> tuple[bytes, ...]:
    """Return the hashes of a tree's perfect subtrees, as they are kept in its row."""
    starts = range(0, len(peaks), HASH_BYTES)
    return tuple(peaks[start : start + HASH_BYTES] for start in starts)
