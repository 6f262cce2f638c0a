"""Hashes that never change are read once; who asks gets the same as before."""

import itertools

import pytest
import sqlalchemy as sa
from agentmesh_registry.storage import log_nodes as storage
from agentmesh_registry.storage.database import Database, opened
from agentmesh_registry.storage.log_nodes import LogNodes, hashes_of
from agentmesh_registry.storage.tables import log_nodes

from agentmesh.protocol.merkle import Frontier, Node, Range, leaf_hash, perfect

SIZE = 100
ALL: list[Range] = [(0, 64), (64, 96), (96, 100), (0, 1), (4, 8)]


@pytest.fixture
async def hashes(database: Database) -> dict[tuple[int, int], bytes]:
    """Write the tree of a hundred entries."""
    frontier, made = Frontier(), {}
    for number in range(SIZE):
        frontier, new = frontier.grown(leaf_hash(b"%d" % number))
        made |= dict(new)
    rows = [
        {"tree": 0, "level": level, "position": position, "hash": digest}
        for (level, position), digest in made.items()
    ]
    insert = sa.insert(log_nodes)
    await database.write(lambda connection: connection.execute(insert, rows).rowcount)
    return made


async def test_what_is_kept_in_memory_is_what_is_in_the_database(
    database: Database, hashes: dict[tuple[int, int], bytes]
) -> None:
    nodes = LogNodes()
    wanted = {node: hashes[node] for span in ALL for node in perfect(span)}
    for _ in range(2):
        assert await database.read(lambda connection: nodes.of(connection, ALL)) == wanted
    assert await database.read(lambda connection: nodes.of(connection, [])) == {}


async def test_the_upper_levels_are_read_once_and_the_lower_ones_each_time(
    database: Database, hashes: dict[tuple[int, int], bytes]
) -> None:
    nodes = LogNodes()
    upper, lower = perfect((0, 64)), perfect((4, 8))
    await database.read(lambda connection: nodes.of(connection, ALL))
    forget = sa.delete(log_nodes)
    await database.write(lambda connection: connection.execute(forget).rowcount)
    found = await database.read(lambda connection: nodes.of(connection, [(0, 64), (4, 8)]))
    assert found.keys() == set(upper)
    assert not found.keys() & set(lower)


async def test_no_more_is_kept_than_the_bound(
    database: Database,
    hashes: dict[tuple[int, int], bytes],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(storage, "MAX_KEPT", 1)
    nodes = LogNodes()
    for span in ((0, 64), (64, 96), (0, 64)):
        found = await database.read(lambda connection, span=span: nodes.of(connection, [span]))  # type: ignore[misc]
        assert found == {node: hashes[node] for node in perfect(span)}
        assert len(nodes._kept) == 1


@pytest.mark.parametrize("many", [1_000, 30_000])
async def test_a_few_hashes_are_found_without_a_look_at_the_others(
    sqlite_url: str, many: int
) -> None:
    """SQLite says how much work it does; PostgreSQL's plans depend on what it knows of a table."""
    rows = [
        {"tree": 0, "level": number % 2, "position": number // 2, "hash": b"a hash"}
        for number in range(many)
    ]
    wanted = {(0, 1), (0, 77), (1, 3), (1, 401)}
    worked = itertools.count()

    def work(connection: sa.Connection) -> dict[Node, bytes]:
        driver = connection.connection.driver_connection
        driver.set_progress_handler(lambda: next(worked) < 0, 100)  # type: ignore[union-attr]
        found = hashes_of(connection, 0, wanted)
        driver.set_progress_handler(None, 0)  # type: ignore[union-attr]
        return found

    async with opened(sqlite_url) as database:
        insert = sa.insert(log_nodes)
        await database.write(lambda connection: connection.execute(insert, rows).rowcount)
        assert (await database.read(work)).keys() == wanted
    assert next(worked) < 10, "hundreds of steps"
