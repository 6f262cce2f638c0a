import asyncio
import os
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest

from agentmesh.errors import StorageError
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.storage.connection import Connection, connect
from agentmesh.storage.interface import Deliver, DropSession, Put, SetValue, Store
from agentmesh.storage.sqlite import SqliteStore
from tests.support.stores import (
    BODY,
    NOW,
    ONE,
    TWO,
    contact,
    errand,
    incoming,
    outgoing,
    prekey,
    session,
    sqlite_store,
)


@pytest.fixture(params=[0o000, 0o077])
def umask(request: pytest.FixtureRequest) -> Iterator[None]:
    before = os.umask(request.param)
    yield
    os.umask(before)


def _ask(home: Path, *statements: str) -> list[Any]:
    connection = connect(home / "agentmesh.db")
    answers = [connection.execute(statement).fetchall() for statement in statements]
    connection.close()
    return answers[-1]


async def _outcome(turn: Coroutine[Any, Any, None]) -> str:
    try:
        await turn
    except StorageError as error:
        return error.code
    return ""


def test_it_is_a_store(tmp_path: Path) -> None:
    store: Store = sqlite_store(tmp_path)
    assert store.warnings() == []


async def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path) as store:
        await store.commit([Put(session()), Put(outgoing("m")), SetValue("a", b"b")])
    async with sqlite_store(tmp_path) as store:
        assert await store.session(ONE) == session()
        assert await store.unsettled(ONE) == [outgoing("m")]
        assert await store.value("a") == b"b"


@pytest.mark.usefixtures("umask")
async def test_no_file_is_open_to_others(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path) as store:
        await store.commit([Put(session())])
        modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == dict.fromkeys(["agentmesh.db", "agentmesh.db-wal", "agentmesh.db-shm"], 0o600)


async def test_no_body_is_on_the_disk(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path) as store:
        await store.commit([Put(session()), Put(outgoing("m")), Put(errand("e"))])
        await store.commit([Deliver(incoming("i")), Put(prekey(1)), SetValue("v", BODY)])
        disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"communication" in disk
    assert BODY not in disk


async def test_what_was_erased_leaves_the_disk_with_the_next_cleaning(tmp_path: Path) -> None:
    def disk() -> bytes:
        return b"".join(path.read_bytes() for path in tmp_path.iterdir())

    async with sqlite_store(tmp_path) as store:
        await store.commit([Put(session())])
        await store.clean(NOW)
        (box,) = (
            connect(tmp_path / "agentmesh.db").execute("SELECT state FROM sessions").fetchall()[0]
        )
        assert box in disk()
        await store.commit([DropSession(ONE)])
        await store.clean(NOW)
        assert box not in disk()


async def test_a_session_that_cannot_be_read_is_set_aside(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path) as store:
        await store.commit([Put(session()), Put(session(TWO))])
    _ask(tmp_path, "UPDATE sessions SET state = randomblob(60) WHERE row = 1")
    async with sqlite_store(tmp_path) as store:
        assert await store.session(ONE) is None
        assert await store.sessions() == [session(TWO)]
        (warning,) = store.warnings()
        assert "sessions row 1" in warning
        assert "agentmesh doctor" in warning
    async with sqlite_store(tmp_path) as store:
        assert await store.sessions() == [session(TWO)]
        assert store.warnings() == []


async def test_a_name_that_is_no_text_any_more_hides_no_other(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path) as store:
        await store.commit([Put(contact("a", alias="Ada")), Put(contact("b", alias="Bob"))])
    _ask(tmp_path, "UPDATE contacts SET alias = CAST(x'41ff' AS TEXT) WHERE amid = 'a'")
    async with sqlite_store(tmp_path) as store:
        assert await store.contact_names() == [("a", "A\ufffd", ""), ("b", "Bob", "")]
        assert await store.contact(Amid("a")) is None
        assert await store.contact_names() == [("b", "Bob", "")]


async def test_rows_that_were_swapped_on_the_disk_do_not_open(tmp_path: Path) -> None:
    rows = [session("a"), session("b", state=b"another"), session("c")]
    async with sqlite_store(tmp_path) as store:
        await store.commit([Put(row) for row in rows])
    _ask(
        tmp_path,
        "CREATE TEMP TABLE old AS SELECT row, state FROM sessions",
        "UPDATE sessions SET state = (SELECT state FROM old WHERE old.row = 3 - sessions.row)"
        " WHERE row < 3",
    )
    async with sqlite_store(tmp_path) as store:
        assert await store.sessions() == [session("c")]
        assert len(store.warnings()) == 2


async def test_a_read_sees_every_commit_that_was_answered(on_disk: SqliteStore) -> None:
    async def turn(number: int) -> None:
        await on_disk.commit([Put(session(f"s{number}")), Put(errand(f"e{number}"))])
        assert await on_disk.session(SessionId(f"s{number}")) is not None
        assert f"e{number}" in [row.errand_id for row in await on_disk.errands()]

    await asyncio.gather(*map(turn, range(100)))


async def test_two_stores_on_one_file_do_not_hurt_each_other(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path) as one, sqlite_store(tmp_path) as other:
        stores = [one, other]
        await asyncio.gather(*(stores[n % 2].commit([Put(outgoing(f"m{n}"))]) for n in range(100)))
        assert len(await one.unsettled(ONE)) == len(await other.unsettled(ONE)) == 100


async def test_a_full_disk_is_told_and_later_forgotten(tmp_path: Path) -> None:
    limited: list[Connection] = []

    def small(path: Path) -> Connection:
        limited.append(connect(path))
        return limited[-1]

    async with sqlite_store(tmp_path, small) as store:
        for connection in limited[1:]:  # the first was there to make the file
            connection.execute("PRAGMA max_page_count = 60").fetchall()
        turns = [store.commit([Put(outgoing(f"m{n}", body=bytes(9000)))]) for n in range(60)]
        answers = [await _outcome(turn) for turn in turns]
        kept = answers.count("")
        assert 0 < kept < 60
        assert set(answers) == {"", "disk_full"}
        assert len(await store.unsettled(ONE)) == kept
        limited[1].execute("PRAGMA max_page_count = 6000").fetchall()
        await store.commit([Put(outgoing("more", body=bytes(9000)))])
        assert len(await store.unsettled(ONE)) == kept + 1
    async with sqlite_store(tmp_path) as store:
        assert len(await store.unsettled(ONE)) == kept + 1


async def test_a_broken_commit_changes_nothing_and_the_next_one_works(
    on_disk: SqliteStore,
) -> None:
    with pytest.raises(StorageError):
        await on_disk.commit([Put(session()), Put(session(TWO, kind=None))])
    assert await on_disk.session(ONE) is None
    await on_disk.commit([Put(session())])
    assert await on_disk.session(ONE) == session()


async def test_a_store_that_was_left_says_so(tmp_path: Path) -> None:
    async with sqlite_store(tmp_path) as store:
        pass
    with pytest.raises(StorageError) as caught:
        await store.commit([Put(session())])
    assert caught.value.code == "storage_closed"
    with pytest.raises(StorageError):
        await store.outgoing(MessageId("m"))
    assert [path.name for path in tmp_path.iterdir()] == ["agentmesh.db"]
