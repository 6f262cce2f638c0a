import asyncio
import sqlite3
import threading
from pathlib import Path

from agentmesh_relay.mailbox.writer import Failed, Job, Writer


def database(folder: Path) -> sqlite3.Connection:
    opened = sqlite3.connect(folder / "db", isolation_level=None, check_same_thread=False)
    opened.execute("CREATE TABLE numbers (number INTEGER)")
    return opened


async def test_what_came_while_a_commit_ran_shares_the_next_one(tmp_path: Path) -> None:
    db = database(tmp_path)
    commits: list[str] = []
    db.set_trace_callback(lambda text: commits.append(text) if text == "COMMIT" else None)
    writer = Writer(db, asyncio.get_running_loop(), list)
    may_go_on = threading.Event()
    done = asyncio.Event()
    told: list[int] = []

    def tell(number: int | Failed) -> None:
        assert isinstance(number, int)
        told.append(number)
        if number == 20:
            done.set()

    def insert(number: int, db: sqlite3.Connection) -> int:
        db.execute("INSERT INTO numbers VALUES (?)", (number,))
        return number

    writer.submit(Job(lambda _: int(may_go_on.wait(10)) - 1, tell, writes=True))
    for number in range(1, 21):
        writer.submit(Job(lambda db, number=number: insert(number, db), tell, writes=True))
    may_go_on.set()
    async with asyncio.timeout(60):
        await done.wait()
    writer.close()
    assert told == list(range(21))
    assert len(commits) <= 2


async def test_a_failing_group_changes_nothing_and_its_readers_are_still_served(
    tmp_path: Path,
) -> None:
    writer = Writer(database(tmp_path), asyncio.get_running_loop(), list)
    done = asyncio.Event()
    told: list[object] = []
    started = threading.Event()

    def tell(result: object) -> None:
        told.append(result)
        if len(told) == 4:
            done.set()

    writer.submit(Job(lambda _: started.wait(10), tell, writes=False))
    insert = "INSERT INTO numbers VALUES (1)"
    writer.submit(Job(lambda db: db.execute(insert).rowcount, tell, writes=True))
    writer.submit(Job(lambda db: db.execute("INSERT INTO nowhere VALUES (1)"), tell, writes=True))
    count = "SELECT count(*) FROM numbers"
    writer.submit(Job(lambda db: db.execute(count).fetchone()[0], tell, writes=False))
    started.set()
    async with asyncio.timeout(60):
        await done.wait()
    assert writer.trouble == "storage_failed"
    writer.close()
    assert [result.code if isinstance(result, Failed) else result for result in told[1:]] == [
        "storage_failed",
        "storage_failed",
        0,
    ]


async def test_after_the_end_everything_fails(tmp_path: Path) -> None:
    writer = Writer(database(tmp_path), asyncio.get_running_loop(), list)
    writer.close()
    answer: asyncio.Future[object] = asyncio.get_running_loop().create_future()
    writer.submit(Job(lambda _: 1, answer.set_result, writes=False))
    assert isinstance(await answer, Failed)
