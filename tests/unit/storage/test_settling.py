"""Outcomes move forward, in each store alike."""

import pytest

from agentmesh.protocol.ids import MessageId
from agentmesh.storage.interface import Confirm, Move, Outcome, Put, Settle, SettleAll, Store
from tests.support.stores import BODY, ONE, TWO, errand, outgoing

ORDER: tuple[Outcome, ...] = (
    "held",
    "queued",
    "delivered",
    "consumed",
    "refused",
    "undeliverable",
)
FORWARD = {
    ("held", "queued"),
    ("held", "delivered"),
    ("held", "consumed"),
    ("held", "refused"),
    ("held", "undeliverable"),
    ("queued", "delivered"),
    ("queued", "consumed"),
    ("queued", "refused"),
    ("queued", "undeliverable"),
    ("delivered", "consumed"),
}
M = MessageId("m")


async def _outcome(store: Store, name: str = "m") -> str:
    row = await store.outgoing(MessageId(name))
    assert row is not None
    return row.outcome


@pytest.mark.parametrize("after", ORDER)
@pytest.mark.parametrize("before", ORDER)
async def test_an_outcome_only_moves_forward(store: Store, before: Outcome, after: Outcome) -> None:
    await store.commit([Put(outgoing("m", sequence=1, outcome=before))])
    await store.commit([Settle((M,), after)])
    expected = after if (before, after) in FORWARD else before
    assert await _outcome(store) == expected
    await store.commit([Put(outgoing("m", sequence=1, outcome=before))])
    await store.commit([Confirm(ONE, 1, (), after)])
    assert await _outcome(store) == expected


async def test_a_settled_body_is_erased_and_an_open_one_is_not(store: Store) -> None:
    await store.commit([Put(outgoing("m"))])
    await store.commit([Settle((M,), "queued", "peer offline")])
    row = await store.outgoing(M)
    assert row is not None
    assert (row.body, row.reason) == (BODY, "peer offline")
    await store.commit([Settle((M,), "queued", "mailbox full"), Settle((M,), "delivered")])
    row = await store.outgoing(M)
    assert row is not None
    assert (row.body, row.reason, row.outcome) == (b"", "", "delivered")
    await store.commit([Settle((M,), "consumed")])
    assert await _outcome(store) == "consumed"


async def test_a_frame_is_dropped_with_its_last_open_message(store: Store) -> None:
    both = enumerate(("a", "b"), 1)
    rows = [outgoing(name, sequence=n, frame_id="f", outcome="queued") for n, name in both]
    await store.commit([*map(Put, rows), Put(errand("f")), Put(errand("other"))])
    await store.commit([Settle((MessageId("a"),), "delivered")])
    assert [e.errand_id for e in await store.errands()] == ["f", "other"]
    await store.commit([Settle((MessageId("b"), MessageId("gone")), "refused", "blocked")])
    assert [e.errand_id for e in await store.errands()] == ["other"]


async def test_the_peer_confirms_by_numbers(store: Store) -> None:
    rows = [outgoing(str(n), sequence=n, frame_id=f"f{n}") for n in (1, 2, 3, 4)]
    await store.commit([*map(Put, rows), Put(outgoing("held"))])
    await store.commit([*(Put(errand(f"f{n}")) for n in (1, 2, 3, 4)), Put(errand("knock"))])
    await store.commit([Put(outgoing("other", sequence=1, session_id=TWO))])
    await store.commit([Confirm(ONE, 2, (4,), "delivered"), Confirm(ONE, 1, (), "consumed")])
    assert [await _outcome(store, str(n)) for n in (1, 2, 3, 4)] == [
        "consumed",
        "delivered",
        "held",
        "delivered",
    ]
    assert await _outcome(store, "other") == "held"
    assert await _outcome(store, "held") == "held"
    assert [e.errand_id for e in await store.errands()] == ["f3", "knock"]


async def test_a_whole_session_is_settled(store: Store) -> None:
    rows = [
        outgoing("sent", sequence=1, frame_id="f", outcome="queued"),
        outgoing("held"),
        outgoing("done", sequence=2, outcome="delivered"),
        outgoing("other", session_id=TWO),
    ]
    await store.commit([*map(Put, rows), Put(errand("f"))])
    await store.commit([SettleAll(ONE, "refused", "blocked", held_only=True)])
    names = ("sent", "held", "done", "other")
    outcomes = [await _outcome(store, name) for name in names]
    assert outcomes == ["queued", "refused", "delivered", "held"]
    assert len(await store.errands()) == 1
    await store.commit([SettleAll(ONE, "undeliverable", "closed")])
    outcomes = [await _outcome(store, name) for name in names]
    assert outcomes == ["undeliverable", "refused", "delivered", "held"]
    assert await store.errands() == []


async def test_what_is_open_and_over_is_found(store: Store) -> None:
    rows = [outgoing("a", expires_at=5), outgoing("b", expires_at=6)]
    await store.commit([*map(Put, rows), Put(outgoing("c", expires_at=1, outcome="refused"))])
    assert [m.message_id for m in await store.expired_outgoing(5)] == ["a"]


async def test_what_is_unsettled_in_several_sessions_comes_as_it_was_said(store: Store) -> None:
    said = [outgoing("a"), outgoing("c", session_id=TWO), outgoing("b"), outgoing("d")]
    await store.commit([Put(row) for row in said])
    await store.commit([Move(outgoing("a", session_id=TWO))])
    assert [m.message_id for m in await store.unsettled(TWO, ONE)] == ["a", "c", "b", "d"]
    assert [m.message_id for m in await store.unsettled(TWO)] == ["a", "c"]
