"""Receipts that wait for a message, and for how long."""

import asyncio

import pytest

from agentmesh.node import owing
from agentmesh.node.owing import Owing
from agentmesh.protocol.ids import Amid
from agentmesh.session.effects import Acknowledge
from tests.support.dialogue import owed
from tests.support.stores import BOB, ONE

AN_HOUR = 3600.0


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owing, "RECEIPT_SECONDS", 0)


async def _what_is_due() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


@pytest.mark.usefixtures("at_once")
async def test_the_last_receipt_says_it_for_all() -> None:
    offered: list[tuple[Amid, Acknowledge]] = []
    receipts = Owing(lambda *it: offered.append(it))
    last = owed(b"2")
    receipts.owe(BOB, ONE, owed(b"1"))
    receipts.owe(BOB, ONE, last)
    await _what_is_due()
    assert offered == [(BOB, last)]
    assert not len(receipts)


@pytest.mark.usefixtures("at_once")
async def test_what_a_message_tells_no_receipt_tells_again() -> None:
    offered: list[Amid] = []
    receipts = Owing(lambda peer, _: offered.append(peer))
    receipts.owe(BOB, ONE, owed())
    receipts.told(ONE)
    receipts.told(ONE)
    await _what_is_due()
    assert offered == []


@pytest.mark.usefixtures("at_once")
async def test_a_receipt_waits_its_own_time_whatever_was_owed_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offered: list[Amid] = []
    receipts = Owing(lambda peer, _: offered.append(peer))
    receipts.owe(BOB, ONE, owed())
    receipts.told(ONE)
    monkeypatch.setattr(owing, "RECEIPT_SECONDS", AN_HOUR)
    receipts.owe(BOB, ONE, owed())
    await _what_is_due()
    assert offered == []
    receipts.forget()
    assert not len(receipts)


async def test_a_receipt_for_much_waits_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owing, "RECEIPT_SECONDS", AN_HOUR)
    offered: list[tuple[Amid, Acknowledge]] = []
    receipts = Owing(lambda *it: offered.append(it))
    last = owed(b"3")
    receipts.owe(BOB, ONE, owed(b"1"), owing.MUCH - 1)
    assert offered == []
    receipts.owe(BOB, ONE, last, 1)
    assert offered == [(BOB, last)]
    receipts.owe(BOB, ONE, owed(b"4"), owing.MUCH - 1)  # it is counted anew
    assert offered == [(BOB, last)]
    receipts.forget()
