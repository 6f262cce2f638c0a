"""Many letters at once are kept as single ones are."""

import asyncio
import sqlite3
from pathlib import Path

from agentmesh_relay.mailbox.database import connect
from agentmesh_relay.mailbox.interface import Letter, Refusal, Room, Stored
from agentmesh_relay.mailbox.sqlite import SqliteMailbox

from agentmesh.protocol.ids import Amid
from tests.support.letters import ALICE, BOB, CAROL, letter, opened, told


async def together(box: SqliteMailbox, *letters: Letter) -> list[Stored | Refusal]:
    """Put all of them in one turn of the loop."""
    room = Room(messages=150, per_sender=150)
    puts = [told(lambda done, it=it: box.put(it, room, done)) for it in letters]  # type: ignore[misc]
    return list(await asyncio.gather(*puts))


async def test_each_is_told_what_became_of_it(tmp_path: Path) -> None:
    box = SqliteMailbox(tmp_path / "mailbox.sqlite")
    await opened(box)
    (known,) = await together(box, letter("known"))
    found = await together(
        box,
        letter("1"),
        letter("known"),
        letter("2", CAROL),
        letter("1"),
        letter("1", recipient="nobody"),
        letter("3", payload=bytes(5 * 1024 * 1024)),
        letter("4"),
    )
    one, again, two, one_again, nobody, large, four = found
    assert again == known
    assert one_again == one
    assert (nobody, large) == (Refusal("UNKNOWN_RECIPIENT"), Refusal("MAILBOX_FULL", 30))
    pending = {it.id: it.row for it in await opened(box)}
    assert isinstance(one, Stored)
    assert isinstance(two, Stored)
    assert isinstance(four, Stored)
    assert pending == {"known": 1, "1": one.row, "2": two.row, "4": four.row}
    box.close()


async def test_a_group_of_any_size_is_kept_whole_and_in_order(tmp_path: Path) -> None:
    box = SqliteMailbox(tmp_path / "mailbox.sqlite")
    await opened(box)
    letters = [letter(number, payload=bytes([number])) for number in range(139)]
    rows = [it.row for it in await together(box, *letters) if isinstance(it, Stored)]
    found = await told(lambda done: box.fetch(rows, done))
    assert [found[row].payload for row in rows] == [it.payload for it in letters]
    assert [it.row for it in await opened(box)] == rows
    again = await together(box, *letters, letter("new", ALICE, recipient=BOB))
    assert [it.row for it in again if isinstance(it, Stored)][:139] == rows
    box.close()


async def test_many_mailboxes_are_looked_at_together(tmp_path: Path) -> None:
    asked: list[str] = []

    def watched(path: Path) -> sqlite3.Connection:
        database = connect(path)
        database.set_trace_callback(asked.append)
        return database

    box = SqliteMailbox(tmp_path / "mailbox.sqlite", connect=watched)
    names = [f"agent{number}" for number in range(32)]
    for name in names:
        await opened(box, Amid(name))
    asked.clear()
    letters = [letter(n, recipient=name) for n, name in enumerate(names)]
    found = await together(box, *letters, letter("stranger", recipient="nobody"))
    assert [type(it) for it in found] == [Stored] * 32 + [Refusal]
    assert len(asked) < len(names) // 2
    box.close()
