"""The hashes of perfect subtrees, which never change: those that many proofs share stay in memory.

A proof has a hash from each level; there are few of the upper levels, and they are in most proofs.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from agentmesh.protocol import merkle
from agentmesh.protocol.merkle import Node
from agentmesh_registry.storage.tables import log_nodes

ENTRIES = 0
_AT_ONCE = (4, 8, 16, 32)
"""Few different statements, so that each is put together once."""
_KEPT_FROM = 4
MAX_KEPT = 200_000
"""That many are the kept levels of a log with three million entries; beyond, all is read anew."""


class LogNodes:
    """The hashes of the tree of entries."""

    def __init__(self) -> None:
        self._kept: dict[Node, bytes] = {}

    def of(self, connection: sa.Connection, ranges: Iterable[merkle.Range]) -> dict[Node, bytes]:
        """Return the hashes of which those of the ranges are made."""
        wanted = merkle.nodes_of(list(ranges))
        found = {node: self._kept[node] for node in wanted if node in self._kept}
        missing = set(wanted) - found.keys()
        if not missing:
            return found
        read = hashes_of(connection, ENTRIES, missing)
        self._keep({node: it for node, it in read.items() if node[0] >= _KEPT_FROM})
        return found | read

    def _keep(self, read: dict[Node, bytes]) -> None:
        if len(self._kept) + len(read) > MAX_KEPT:
            self._kept = {}
        self._kept |= read


def hashes_of(connection: sa.Connection, tree: int, nodes: Iterable[Node]) -> dict[Node, bytes]:
    """Return the hashes of these nodes of a tree, as far as they are there."""
    wanted = sorted(nodes)
    found: dict[Node, bytes] = {}
    while wanted:
        count = next(it for it in _AT_ONCE if it >= min(len(wanted), _AT_ONCE[-1]))
        some, wanted = wanted[:count], wanted[count:]
        named: dict[str, int] = {"tree": tree}
        for number, (level, position) in enumerate(some + some[:1] * (count - len(some))):
            named |= {f"level{number}": level, f"position{number}": position}
        for row in connection.execute(_looks(count), named):
            found[row.level, row.position] = row.hash
    return found


@lru_cache(len(_AT_ONCE))
def _looks(count: int) -> sa.CompoundSelect[Any]:
    """Return a look at each of so many nodes: asked for in pairs, SQLite reads the whole tree.

    To put a statement together takes longer than to carry it out.
    """
    return sa.union_all(
        *(
            sa.select(log_nodes.c.level, log_nodes.c.position, log_nodes.c.hash).where(
                log_nodes.c.tree == sa.bindparam("tree"),
                log_nodes.c.level == sa.bindparam(f"level{number}"),
                log_nodes.c.position == sa.bindparam(f"position{number}"),
            )
            for number in range(count)
        )
    )
