"""What the mailbox of a relay alone does beyond what every mailbox must."""

import asyncio
from pathlib import Path

import pytest
from agentmesh_relay.mailbox.interface import Refusal, Room, Stored
from agentmesh_relay.mailbox.sqlite import MAX_UNWRITTEN_BYTES, SqliteMailbox

from tests.support.letters import CAROL, letter, opened, put, told


async def test_what_was_promised_survives_a_restart(tmp_path: Path) -> None:
    box = SqliteMailbox(tmp_path / "mailbox.sqlite")
    await opened(box)
    await put(box, letter(1))
    box.close()
    box = SqliteMailbox(tmp_path / "mailbox.sqlite")
    assert [it.id for it in await opened(box)] == ["1"]
    box.close()


async def test_a_full_disk_refuses_and_goes_on_once_there_is_room(tmp_path: Path) -> None:
    box = SqliteMailbox(tmp_path / "mailbox.sqlite", max_file_bytes=40 * 4096)
    await opened(box)
    stored: list[int] = []
    refusal: Refusal | None = None
    while refusal is None:
        result = await put(box, letter(len(stored), payload=bytes(16_000)))
        if isinstance(result, Refusal):
            refusal = result
        else:
            stored.append(result.row)
    assert refusal.code == "INTERNAL_ERROR"
    assert refusal.retry_after_seconds
    assert box.trouble() == "disk_full"
    assert [it.row for it in await opened(box)] == stored
    box.remove(stored)
    assert isinstance(await put(box, letter("later", payload=bytes(16_000))), Stored)
    assert box.trouble() is None
    box.close()


async def test_what_was_promised_is_kept_however_much_waits_for_the_disk(tmp_path: Path) -> None:
    box = SqliteMailbox(tmp_path / "mailbox.sqlite")
    mebibyte = bytes(1024 * 1024)
    names = [f"agent{number}" for number in range(MAX_UNWRITTEN_BYTES // len(mebibyte) + 2)]
    for name in names:
        box.open(name, 0, list)  # type: ignore[arg-type] # any name does
    results: list[Stored | Refusal] = []
    for name in names:
        box.move(letter(1, recipient=name, payload=mebibyte), Room(), results.append)
    box.hurry()
    assert (await put(box, letter(2))) == Refusal("INTERNAL_ERROR", 5)
    await asyncio.to_thread(box.close)
    assert [type(it) for it in results] == [Stored] * len(names)


async def test_whoever_wants_to_read_finds_what_was_to_be_moved_and_what_is_newer_behind_it(
    tmp_path: Path,
) -> None:
    box = SqliteMailbox(tmp_path / "mailbox.sqlite")
    await opened(box)
    await opened(box, CAROL)
    moves = [
        told(lambda done, it=it: box.move(it, Room(), done))  # type: ignore[misc]
        for it in (letter("1"), letter("c", recipient=CAROL), letter("2"))
    ]
    moving = [asyncio.ensure_future(it) for it in moves]
    await asyncio.sleep(0)
    assert isinstance(await put(box, letter("3")), Stored)
    assert [it.id for it in await opened(box)] == ["1", "2", "3"]
    assert [it.id for it in await opened(box, CAROL)] == ["c"]
    assert all(isinstance(it, Stored) for it in await asyncio.gather(*moving))
    box.close()


async def test_many_that_are_refused_together_are_one_line_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    box = SqliteMailbox(tmp_path / "mailbox.sqlite")
    await opened(box)
    large = letter("large", payload=bytes(MAX_UNWRITTEN_BYTES))
    puts = [told(lambda done: box.put(large, Room(), done))]
    puts += [
        told(lambda done, number=number: box.put(letter(number), Room(), done))  # type: ignore[misc]
        for number in range(50)
    ]
    results = await asyncio.gather(*puts)
    assert results == [Refusal("MAILBOX_FULL", 30)] + [Refusal("INTERNAL_ERROR", 5)] * 50
    assert len(caplog.records) == 1
    box.close()
