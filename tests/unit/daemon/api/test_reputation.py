"""Reputation over the control socket."""

import pytest

from agentmesh.errors import NotPermitted, UsageError
from agentmesh.protocol.session_receipt import DRAWER, encode
from agentmesh.storage.interface import CardRow, Put
from tests.support import receipts
from tests.support.ratings import receipt
from tests.support.registrant import Registrant
from tests.unit.daemon.conftest import House

BOB = receipts.BOB.amid


async def keep(house: House, name: str, body: bytes, at: float = 1.0) -> None:
    row = CardRow(drawer=DRAWER, name=name, body=body, created_at=at, expires_at=9e9)
    await house.pair.high.store.commit([Put(row)])


async def test_the_youngest_session_with_a_peer_is_rated_once(house: House) -> None:
    await keep(house, "session 0", encode(receipts.receipt()), 1.0)
    await keep(house, "session 1", receipt(Registrant("a"), Registrant("b"), "x"), 2.0)
    shelf = house.pair.high.directory.shelf
    said = await house.ask("reputation.rate", peer=BOB, score=0.9, tags=["helpful", "helpful"])
    assert (said["amid"], said["session_id"], said["repeated"]) == (BOB, "session 0", False)
    ((_, feedback),) = shelf.rated
    assert (feedback.score, feedback.tags) == (0.9, ("helpful",))
    again = await house.ask("reputation.rate", peer=BOB, score=0.9, tags=["helpful"])
    assert again["repeated"]


async def test_only_who_held_a_session_may_rate(house: House) -> None:
    for asked in ({"peer": BOB}, {"peer": BOB, "session_id": "another"}):
        with pytest.raises(UsageError, match="no receipt"):
            await house.ask("reputation.rate", score=1, **asked)


async def test_nobody_rates_itself(house: House) -> None:
    with pytest.raises(NotPermitted):
        await house.ask("reputation.rate", peer=house.pair.high.amid, score=1)


async def test_without_a_peer_it_is_our_own_reputation(house: House) -> None:
    said = await house.ask("reputation.show")
    assert (said["amid"], said["rated"], said["score"]) == (house.pair.high.amid, False, 0.5)
    assert (await house.ask("reputation.show", peer=house.pair.low.amid))["ratings_count"] == 0
