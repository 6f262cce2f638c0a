"""What every mailbox must do: the one of a relay alone, and the one that several nodes share."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from agentmesh_relay.mailbox.interface import Mailbox, Refusal, Room, Stored
from agentmesh_relay.mailbox.sqlite import SqliteMailbox

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.limits import MAILBOX_MESSAGES, MAILBOX_PER_SENDER, MAILBOX_RECEIPTS
from tests.support.letters import (
    CAROL,
    NOW,
    Home,
    fetched,
    letter,
    opened,
    put,
    shared_mailbox,
)
from tests.support.nats_server import nats_server


@pytest.fixture(params=["sqlite", "jetstream"])
async def box(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Mailbox]:
    if request.param == "sqlite":
        mailbox = SqliteMailbox(tmp_path / "mailbox.sqlite")
        yield mailbox
        mailbox.close()
        return
    with nats_server() as server:
        async with shared_mailbox(server.url, Home()) as shared:
            yield shared


async def test_letters_come_back_in_order_and_whole(box: Mailbox) -> None:
    await opened(box)
    first = letter(1, payload=bytes(range(256)), want_acked=True)
    for it in (first, letter(2), letter(0)):
        assert isinstance(await put(box, it), Stored)
    pending = await opened(box)
    assert [it.id for it in pending] == ["1", "2", "0"]
    assert pending[0].size == 256
    rows = [it.row for it in pending]
    found = await fetched(box, *rows)
    assert found[rows[0]] == first
    again = await fetched(box, rows[0])
    assert again[rows[0]].attempts == 1


async def test_what_was_removed_is_gone_and_its_number_is_not_used_again(
    box: Mailbox,
) -> None:
    await opened(box)
    gone = await put(box, letter(1))
    assert isinstance(gone, Stored)
    box.remove([gone.row])
    assert await opened(box) == []
    newer = await put(box, letter(2))
    assert isinstance(newer, Stored)
    assert newer.row > gone.row


async def test_whoever_was_never_here_has_no_mailbox(box: Mailbox) -> None:
    assert await put(box, letter(1)) == Refusal("UNKNOWN_RECIPIENT")
    await opened(box)
    assert isinstance(await put(box, letter(1)), Stored)


@pytest.mark.parametrize("name", ["", " ", "bob x"])
async def test_who_has_no_name_was_never_here(name: str, box: Mailbox) -> None:
    await opened(box)
    assert await put(box, letter(1, recipient=Amid(name))) == Refusal("UNKNOWN_RECIPIENT")


async def test_the_same_letter_is_kept_once_and_by_its_sender(box: Mailbox) -> None:
    await opened(box)
    assert await put(box, letter(1)) == await put(box, letter(1))
    await put(box, letter(1, CAROL))
    assert len(await opened(box)) == 2


async def test_a_full_mailbox_refuses_the_new_one_and_keeps_the_old_ones(
    box: Mailbox,
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


async def test_one_sender_cannot_take_the_room_of_the_others(box: Mailbox) -> None:
    await opened(box)
    await put(box, letter("c", CAROL))
    kept = [await put(box, letter(number)) for number in range(MAILBOX_PER_SENDER + 1)]
    assert sum(isinstance(it, Stored) for it in kept) == MAILBOX_PER_SENDER
    assert isinstance(await put(box, letter("c2", CAROL)), Stored)


async def test_receipts_have_a_limit_of_their_own(box: Mailbox) -> None:
    await opened(box)
    receipts = [
        await put(box, letter(f"r{number}", message_type="receipt"))
        for number in range(MAILBOX_RECEIPTS + 1)
    ]
    assert sum(isinstance(it, Stored) for it in receipts) == MAILBOX_RECEIPTS
    assert isinstance(await put(box, letter("m")), Stored)


async def test_bytes_are_bounded_too(box: Mailbox) -> None:
    await opened(box)
    room = Room(bytes=1000)
    assert isinstance(await put(box, letter(1, payload=bytes(900)), room), Stored)
    assert isinstance(await put(box, letter(2, payload=bytes(101)), room), Refusal)
    assert isinstance(await put(box, letter(3, payload=bytes(100)), room), Stored)


async def test_a_letter_whose_time_is_over_is_not_handed_over_and_takes_no_room(
    box: Mailbox,
) -> None:
    await opened(box)
    await put(box, letter(1))
    assert await opened(box, now=NOW + 60_000) == []
    box.expire(NOW + 60_000)
    late = letter(1, sent_at=NOW + 70_000, expires_at=NOW + 130_000)
    first = await put(box, late)
    assert [it.row for it in await opened(box, now=NOW + 70_000)] == [
        first.row if isinstance(first, Stored) else None
    ]
