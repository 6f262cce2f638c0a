"""What every mailbox must do, run against the one there is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import TypeVar

import pytest
from agentmesh_relay.mailbox.interface import Letter, Pending, Refusal, Room, Stored
from agentmesh_relay.mailbox.sqlite import SqliteMailbox

from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.limits import MAILBOX_MESSAGES, MAILBOX_PER_SENDER, MAILBOX_RECEIPTS

BOB, ALICE, CAROL = Amid("bob"), Amid("alice"), Amid("carol")
NOW = 1_000_000
T = TypeVar("T")


async def told(ask: Callable[[Callable[[T], None]], None]) -> T:
    """Return what a call tells."""
    answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
    ask(answer.set_result)
    async with asyncio.timeout(60):
        return await answer


def letter(frame_id: object, sender: Amid = ALICE, **more: object) -> Letter:
    fields: dict[str, object] = {
        "sender": sender,
        "recipient": BOB,
        "id": FrameId(str(frame_id)),
        "message_type": "message",
        "payload": b"sealed",
        "sent_at": NOW,
        "expires_at": NOW + 1000,
    }
    return Letter(**{**fields, **more})  # type: ignore[arg-type]


async def put(box: SqliteMailbox, it: Letter, room: Room | None = None) -> Stored | Refusal:
    return await told(lambda done: box.put(it, room or Room(), done))


async def opened(box: SqliteMailbox, amid: Amid = BOB, now: int = NOW) -> list[Pending]:
    return await told(lambda done: box.open(amid, now, done))


@pytest.fixture
async def box(tmp_path: Path) -> AsyncIterator[SqliteMailbox]:
    mailbox = SqliteMailbox(tmp_path / "mailbox.sqlite")
    yield mailbox
    mailbox.close()


async def test_letters_come_back_in_order_and_whole(box: SqliteMailbox) -> None:
    await opened(box)
    first = letter(1, payload=bytes(range(256)), want_acked=True)
    for it in (first, letter(2), letter(0)):
        assert isinstance(await put(box, it), Stored)
    pending = await opened(box)
    assert [it.id for it in pending] == ["1", "2", "0"]
    assert pending[0].size == 256
    rows = [it.row for it in pending]
    found = await told(lambda done: box.fetch(rows, done))
    assert found[rows[0]] == first
    again = await told(lambda done: box.fetch(rows[:1], done))
    assert again[rows[0]].attempts == 1


async def test_what_was_removed_is_gone_and_its_number_is_not_used_again(
    box: SqliteMailbox,
) -> None:
    await opened(box)
    gone = await put(box, letter(1))
    assert isinstance(gone, Stored)
    box.remove([gone.row])
    assert await opened(box) == []
    newer = await put(box, letter(2))
    assert isinstance(newer, Stored)
    assert newer.row > gone.row


async def test_whoever_was_never_here_has_no_mailbox(box: SqliteMailbox) -> None:
    assert await put(box, letter(1)) == Refusal("UNKNOWN_RECIPIENT")
    await opened(box)
    assert isinstance(await put(box, letter(1)), Stored)


async def test_the_same_letter_is_kept_once_and_by_its_sender(box: SqliteMailbox) -> None:
    await opened(box)
    assert await put(box, letter(1)) == await put(box, letter(1))
    await put(box, letter(1, CAROL))
    assert len(await opened(box)) == 2


async def test_a_full_mailbox_refuses_the_new_one_and_keeps_the_old_ones(
    box: SqliteMailbox,
) -> None:
    await opened(box)
    for number in range(MAILBOX_MESSAGES):
        assert isinstance(await put(box, letter(number)), Stored)
    refusal = await put(box, letter("new"))
    assert isinstance(refusal, Refusal)
    assert refusal.code == "MAILBOX_FULL"
    assert refusal.retry_after_seconds
    assert isinstance(await put(box, letter(0)), Stored)  # it is there already
    assert len(await opened(box)) == MAILBOX_MESSAGES


async def test_one_sender_cannot_take_the_room_of_the_others(box: SqliteMailbox) -> None:
    await opened(box)
    await put(box, letter("c", CAROL))
    kept = [await put(box, letter(number)) for number in range(MAILBOX_PER_SENDER + 1)]
    assert sum(isinstance(it, Stored) for it in kept) == MAILBOX_PER_SENDER
    assert isinstance(await put(box, letter("c2", CAROL)), Stored)


async def test_receipts_have_a_limit_of_their_own(box: SqliteMailbox) -> None:
    await opened(box)
    receipts = [
        await put(box, letter(f"r{number}", message_type="receipt"))
        for number in range(MAILBOX_RECEIPTS + 1)
    ]
    assert sum(isinstance(it, Stored) for it in receipts) == MAILBOX_RECEIPTS
    assert isinstance(await put(box, letter("m")), Stored)


async def test_bytes_are_bounded_too(box: SqliteMailbox) -> None:
    await opened(box)
    room = Room(bytes=1000)
    assert isinstance(await put(box, letter(1, payload=bytes(900)), room), Stored)
    assert isinstance(await put(box, letter(2, payload=bytes(101)), room), Refusal)
    assert isinstance(await put(box, letter(3, payload=bytes(100)), room), Stored)


async def test_a_letter_whose_time_is_over_is_not_handed_over_and_takes_no_room(
    box: SqliteMailbox,
) -> None:
    await opened(box)
    await put(box, letter(1))
    assert await opened(box, now=NOW + 1000) == []
    box.expire(NOW + 1000)
    late = letter(1, sent_at=NOW + 2000, expires_at=NOW + 3000)
    first = await put(box, late)
    assert [it.row for it in await opened(box, now=NOW + 2000)] == [
        first.row if isinstance(first, Stored) else None
    ]


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
