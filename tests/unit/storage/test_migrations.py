"""A database of an older AgentMesh comes through, whatever it held."""

from pathlib import Path

from agentmesh.protocol.ids import MessageId
from agentmesh.storage.connection import connect, set_up
from agentmesh.storage.interface import Confirm, Consume, Deliver, Release
from agentmesh.storage.rows import Row
from agentmesh.storage.schema import _scripts, _statements
from agentmesh.storage.tables import TABLES
from tests.support.stores import (
    NOW,
    ONE,
    TWO,
    contact,
    errand,
    incoming,
    outgoing,
    session,
    sqlite_store,
    vault,
)

# The second was shown before the first, the fourth waits for the third; the fifth has gone.
SHOWN = [incoming("b", 1, position=2), incoming("a", 1, session_id=TWO, position=3)]
READ = incoming("c", 2, position=4, consumed_at=NOW)
WAITING = [incoming("e", 5), incoming("d", 4)]
SENT = [outgoing(n, sequence=i, frame_id="f", outcome="queued") for i, n in enumerate("xy", 1)]
DONE = outgoing("z", sequence=3, outcome="delivered", reason="")
ROWS: list[Row] = [
    *(session(), contact("bob"), errand("f"), errand("g", session_id=TWO)),
    *(*SHOWN, READ, *WAITING, *SENT, DONE),
]


def _made_by_version_3(path: Path) -> None:
    """Make a database as the third format has it, with some rows."""
    path.touch()
    connection = connect(path)
    set_up(connection, path)
    connection.execute("CREATE TABLE schema_version (number INTEGER NOT NULL) STRICT")
    connection.execute("INSERT INTO schema_version VALUES (1), (2), (3)")
    for script in _scripts()[:3]:
        for statement in _statements(script):
            connection.execute(statement)
    for row in ROWS:
        table = TABLES[type(row)]
        connection.execute(table.put, table.to_disk(row, vault()))
    connection.execute("UPDATE last_position SET value = 5")
    connection.close()


async def test_what_a_database_of_format_3_held_is_all_there(tmp_path: Path) -> None:
    _made_by_version_3(tmp_path / "agentmesh.db")
    async with sqlite_store(tmp_path) as store:
        assert store.warnings() == []
        assert await store.inbox(unread=False, peer=None, after=0, limit=9) == [*SHOWN, READ]
        assert await store.inbox(unread=True, peer=None, after=2, limit=9) == SHOWN[1:]
        assert [await store.incoming(row.message_id) for row in WAITING] == WAITING
        assert await store.unsettled(ONE) == SENT
        assert await store.outgoing(DONE.message_id) == DONE
        assert await store.errands() == [errand("f"), errand("g", session_id=TWO)]
        assert await store.session(ONE) == session()


async def test_what_waited_in_it_is_shown_behind_all_that_was(tmp_path: Path) -> None:
    _made_by_version_3(tmp_path / "agentmesh.db")
    async with sqlite_store(tmp_path) as store:
        await store.commit([Deliver(incoming("new", 3)), Release(ONE, 5)])
        await store.commit([Deliver(incoming("b", 9)), Consume(MessageId("new"), NOW)])
        await store.commit([Confirm(ONE, 3, (), "consumed")])
        rows = await store.inbox(unread=False, peer=None, after=4, limit=9)
        assert [(row.message_id, row.position) for row in rows] == [("new", 6), ("d", 7), ("e", 8)]
        assert [row.consumed_at for row in rows] == [NOW, None, None]
        assert await store.incoming(MessageId("b")) == SHOWN[0]
        assert [it.errand_id for it in await store.errands()] == ["g"]
