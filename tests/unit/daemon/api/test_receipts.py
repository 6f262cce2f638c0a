"""Receipts over the control socket."""

import pytest

from agentmesh.daemon.api.receipts import told
from agentmesh.errors import IntegrityError, UsageError
from agentmesh.protocol.session_receipt import DRAWER, encode
from agentmesh.storage.interface import CardRow, Put
from tests.support import receipts
from tests.unit.daemon.conftest import House


async def keep(house: House, name: str, body: bytes, at: float = 1.0) -> None:
    row = CardRow(drawer=DRAWER, name=name, body=body, created_at=at, expires_at=9e9)
    await house.pair.high.store.commit([Put(row)])


async def test_a_receipt_is_listed_and_shown(house: House) -> None:
    await keep(house, receipts.SESSION, encode(receipts.receipt()))
    found = await house.ask("receipts.list")
    (listed,) = found["receipts"]
    assert (listed["session_id"], listed["outcome"]) == (receipts.SESSION, "completed")
    shown = await house.ask("receipts.show", session_id=receipts.SESSION)
    assert shown["initiator"] == receipts.ALICE.amid
    assert told(str(shown["file"]).encode(), 2e9).receiver == receipts.BOB.amid


async def test_what_is_damaged_is_counted_and_not_shown(house: House) -> None:
    good = encode(receipts.receipt())
    await keep(house, "torn", good[:-9])
    await keep(house, "forged", good[:-1] + bytes([good[-1] ^ 1]))
    await keep(house, receipts.SESSION, encode(receipts.receipt(is_over=False)), 2.0)
    found = await house.ask("receipts.list")
    assert (found["total"], found["damaged"]) == (3, 2)
    for name in ("torn", "forged"):
        with pytest.raises(IntegrityError):
            await house.ask("receipts.show", session_id=name)


async def test_a_session_without_a_receipt_is_a_sentence(house: House) -> None:
    with pytest.raises(UsageError, match="no receipt"):
        await house.ask("receipts.show", session_id="unknown")
