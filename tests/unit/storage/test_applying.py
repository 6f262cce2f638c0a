"""What a change does, to each store alike. Outcomes: `test_settling.py`."""

from typing import Any

import msgspec
import pytest

from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.storage.applying import _STATEMENTS
from agentmesh.storage.interface import (
    Change,
    Consume,
    Counts,
    Deliver,
    DropCard,
    DropContact,
    DropErrand,
    DropErrands,
    DropPrekey,
    DropSession,
    Judge,
    Move,
    Put,
    Release,
    Remember,
    Renew,
    SetValue,
    Store,
    WantedSessions,
)
from tests.support.stores import (
    ALICE,
    BOB,
    NOW,
    ONE,
    TWO,
    card,
    contact,
    errand,
    incoming,
    knock,
    outgoing,
    prekey,
    session,
)


async def _inbox(store: Store, **changed: Any) -> list[str]:
    question = {"unread": False, "peer": None, "after": 0, "limit": 100}
    return [str(row.message_id) for row in await store.inbox(**(question | changed))]


async def test_what_was_put_is_found_as_it_was(store: Store) -> None:
    person = contact("bob", alias="b", trust=2, verified_at=NOW, suites=("one", "two"))
    key = prekey(7, published=True, retired_at=NOW)
    full = outgoing("m", sequence=3, frame_id="f", outcome="queued", reason="peer offline")
    await store.commit([Put(session()), Put(full), Put(errand("e")), Put(knock("k"))])
    await store.commit([Put(person), Put(key), SetValue("paused", b"yes")])
    assert await store.session(ONE) == session()
    assert await store.outgoing(MessageId("m")) == full
    assert await store.errand("e") == errand("e")
    assert await store.knock(ONE) is None
    assert (await store.knocks(pending=True, limit=9)) == [knock("k")]
    assert await store.contact(BOB) == person
    assert await store.prekey("one_time", 7) == key
    assert await store.value("paused") == b"yes"


async def test_what_is_not_there_is_none(store: Store) -> None:
    assert await store.session(ONE) is None
    assert await store.outgoing(MessageId("m")) is None
    assert await store.incoming(MessageId("m")) is None
    assert await store.errand("e") is None
    assert await store.contact(BOB) is None
    assert await store.prekey("kem", 1) is None
    assert await store.value("paused") is None


async def test_a_row_of_the_same_name_is_replaced_at_its_place(store: Store) -> None:
    await store.commit([Put(errand("first")), Put(errand("second"))])
    await store.commit([Put(errand("first", attempts=1))])
    assert [(e.errand_id, e.attempts) for e in await store.errands()] == [
        ("first", 1),
        ("second", 0),
    ]


async def test_sessions_come_newest_first_and_by_peer(store: Store) -> None:
    rows = [session("a"), session("b"), session("c", opened_at=NOW + 1), session("d", peer=ALICE)]
    await store.commit([Put(row) for row in rows])
    assert [s.session_id for s in await store.sessions()] == ["c", "d", "b", "a"]
    assert [s.session_id for s in await store.sessions(BOB)] == ["c", "b", "a"]


async def test_some_sessions_come_page_by_page_with_how_many_there_are(store: Store) -> None:
    rows = [session(name, opened_at=NOW + (name == "b")) for name in "abcd"]
    others = [session("x", phase="resting"), session("y", peer=ALICE, phase="knocked")]
    await store.commit([Put(row) for row in (*rows, *others)])
    living = frozenset({"open", "knocked"})

    async def found(**more: Any) -> tuple[str, int]:
        wanted = WantedSessions(**{"phases": living, "limit": 9, **more})
        page = await store.last_sessions(wanted)
        return "".join(row.session_id for row in page.rows), page.total

    assert await found() == ("bydca", 5)
    assert await found(limit=2) == ("by", 5)
    assert await found(before=SessionId("y"), limit=2) == ("dc", 5)
    assert await found(before=SessionId("x")) == ("dca", 5)
    assert await found(peer=ALICE) == ("y", 1)
    assert await found(before=SessionId("gone")) == ("", 5)
    await store.commit([Put(msgspec.structs.replace(rows[2], updated_at=NOW + 9))])
    assert await found(moment="updated_at", limit=2) == ("cy", 5)
    assert await found(moment="updated_at", before=SessionId("y")) == ("dba", 5)
    assert await found(phases=frozenset({"resting"}), moment="updated_at") == ("x", 1)


async def test_contacts_come_by_alias_name_and_amid(store: Store) -> None:
    rows = [contact("3", alias="b"), contact("2", name="y"), contact("1", name="y"), contact("0")]
    await store.commit([Put(row) for row in rows])
    assert [c.amid for c in await store.contacts()] == ["0", "1", "2", "3"]
    await store.commit([DropContact(Amid("1"))])
    assert [c.amid for c in await store.contacts()] == ["0", "2", "3"]
    assert sorted(await store.contact_names()) == [("0", "", ""), ("2", "", "y"), ("3", "b", "")]


async def test_cards_lie_in_drawers_oldest_first(store: Store) -> None:
    rows = [card("b", created_at=NOW + 1), card("a"), card("a", drawer="other", expires_at=None)]
    await store.commit([Put(row) for row in rows])
    assert [c.name for c in await store.cards("drawer")] == ["a", "b"]
    assert await store.card("other", "a") == rows[2]
    await store.commit([DropCard("drawer", "a")])
    assert await store.card("drawer", "a") is None
    assert await store.cards("other") == [rows[2]]


async def test_a_few_cards_are_found_by_their_names(store: Store) -> None:
    rows = [card("a"), card('"b"'), card("c"), card("a", drawer="other")]
    await store.commit([Put(row) for row in rows])
    found = await store.cards_named("drawer", ["a", '"b"', "nobody's"])
    assert sorted(it.name for it in found) == ['"b"', "a"]
    assert rows[0] in found
    assert await store.cards_named("drawer", []) == []


async def test_prekeys_come_by_number_and_kind(store: Store) -> None:
    await store.commit([Put(prekey(2)), Put(prekey(1)), Put(prekey(1, kind="kem"))])
    assert [p.id for p in await store.prekeys("one_time")] == [1, 2]
    await store.commit([DropPrekey("one_time", 1)])
    assert [p.id for p in await store.prekeys("one_time")] == [2]
    assert [p.id for p in await store.prekeys("kem")] == [1]


async def test_knocks_come_newest_first_up_to_a_limit(store: Store) -> None:
    rows = [knock("a"), knock("b", verdict="accepted"), knock("c", received_at=NOW + 1)]
    await store.commit([Put(row) for row in rows])
    assert [k.knock_id for k in await store.knocks(pending=False, limit=2)] == ["c", "b"]
    assert [k.knock_id for k in await store.knocks(pending=True, limit=2)] == ["c", "a"]


async def test_a_message_is_delivered_once(store: Store) -> None:
    await store.commit([Deliver(incoming("m")), Deliver(incoming("m", 2))])
    await store.commit([Deliver(incoming("m", 3))])
    kept = await store.incoming(MessageId("m"))
    assert kept is not None
    assert kept.sequence == 1
    assert await store.remembers(BOB, "m")


async def test_two_peers_may_use_one_id(store: Store) -> None:
    await store.commit([Deliver(incoming("m")), Deliver(incoming("m", peer=ALICE))])
    await store.commit([Release(ONE, 1), Consume(MessageId("m"), NOW, ALICE)])
    first, second = await store.inbox(unread=False, peer=None, after=0, limit=9)
    assert (first.peer, first.consumed_at) == (BOB, None)
    assert (second.peer, second.consumed_at) == (ALICE, NOW)
    assert await store.incoming(MessageId("m"), ALICE) == second
    assert await store.incoming(MessageId("m")) == first


async def test_an_id_that_is_remembered_is_not_delivered(store: Store) -> None:
    await store.commit([Remember(BOB, "m", NOW + 1)])
    await store.commit([Deliver(incoming("m")), Deliver(incoming("m", peer=ALICE))])
    assert await store.incoming(MessageId("m"), BOB) is None
    assert await store.incoming(MessageId("m"), ALICE) is not None
    assert not await store.remembers(ALICE, "other")


async def test_messages_are_seen_in_their_order_and_when_released(store: Store) -> None:
    await store.commit([Deliver(incoming("third", 3)), Deliver(incoming("first", 1))])
    assert await _inbox(store) == []
    await store.commit([Release(ONE, 1)])
    assert await _inbox(store) == ["first"]
    await store.commit([Deliver(incoming("second", 2)), Release(ONE, 3), Release(ONE, 3)])
    assert await _inbox(store) == ["first", "second", "third"]


async def test_positions_go_on_through_all_sessions(store: Store) -> None:
    await store.commit([Deliver(incoming("a")), Deliver(incoming("b", session_id=TWO, peer=ALICE))])
    await store.commit([Release(TWO, 1), Release(ONE, 1)])
    assert [r.position for r in await store.inbox(unread=True, peer=None, after=0, limit=9)] == [
        1,
        2,
    ]
    assert await _inbox(store) == ["b", "a"]
    assert await _inbox(store, after=1) == ["a"]
    assert await _inbox(store, peer=ALICE) == ["b"]
    assert await _inbox(store, limit=1) == ["b"]


async def test_what_was_read_stays_but_is_not_unread(store: Store) -> None:
    await store.commit([Deliver(incoming("m")), Release(ONE, 1), Consume(MessageId("m"), NOW)])
    await store.commit([Consume(MessageId("m"), NOW + 1)])
    assert await _inbox(store, unread=True) == []
    kept = await store.incoming(MessageId("m"))
    assert kept is not None
    assert kept.consumed_at == NOW


async def test_only_what_has_no_number_yet_is_held(store: Store) -> None:
    sent = outgoing("sent", sequence=1, frame_id="frame", outcome="queued")
    done = outgoing("done", sequence=2, frame_id="gone", outcome="delivered", body=b"")
    await store.commit([Put(sent), Put(done), Put(outgoing("held"))])
    assert [m.message_id for m in await store.held(ONE)] == ["held"]
    assert await store.held(TWO) == []


async def test_a_message_that_is_moved_keeps_its_words_and_a_settled_one_its_place(
    store: Store,
) -> None:
    done = outgoing("done", outcome="delivered", body=b"")
    await store.commit([Put(outgoing("m")), Put(done)])
    changed = {"session_id": TWO, "sequence": 4, "frame_id": "f", "outcome": "queued"}
    moved = [outgoing(name, body=b"", **changed) for name in ("m", "done", "not there")]
    await store.commit([Move(row) for row in moved])
    assert await store.outgoing(MessageId("m")) == outgoing("m", **changed)
    assert await store.outgoing(MessageId("done")) == done
    assert await store.outgoing(MessageId("not there")) is None


async def test_errands_are_dropped_one_by_one_by_kind_and_by_session(store: Store) -> None:
    rows = [errand("a"), errand("b", kind="resolve"), errand("c", session_id=TWO, peer=ALICE)]
    await store.commit([Put(row) for row in rows])
    assert [e.errand_id for e in await store.errands()] == ["a", "b", "c"]
    await store.commit([DropErrands(ONE, "resolve")])
    assert [e.errand_id for e in await store.errands()] == ["a", "c"]
    await store.commit([DropErrands(ONE), DropErrand("not there")])
    assert [e.errand_id for e in await store.errands()] == ["c"]
    await store.commit([DropErrand("c")])
    assert await store.errands() == []


async def test_a_dropped_session_leaves_its_messages(store: Store) -> None:
    await store.commit([Put(session()), Put(errand("e")), Put(outgoing("m")), DropSession(ONE)])
    assert await store.session(ONE) is None
    assert await store.errands() == []
    assert len(await store.unsettled(ONE)) == 1


async def test_a_knock_is_judged_once(store: Store) -> None:
    await store.commit([Put(knock("k")), Judge(SessionId("k"), "rejected", "blocked")])
    await store.commit([Judge(SessionId("k"), "accepted"), Judge(SessionId("none"), "accepted")])
    row = await store.knock(SessionId("k"))
    assert row is not None
    assert (row.verdict, row.reason) == ("rejected", "blocked")


async def test_an_empty_value_is_dropped(store: Store) -> None:
    await store.commit([SetValue("a", b"1"), SetValue("a", b""), SetValue("b", b"")])
    await store.commit([SetValue("b", b"2"), SetValue("c", b""), SetValue("c", b"3")])
    assert [await store.value(name) for name in "abc"] == [None, b"2", b"3"]


async def test_the_counts_are_what_waits(store: Store) -> None:
    await store.commit([Deliver(incoming("a", 1)), Deliver(incoming("b", 2)), Release(ONE, 2)])
    await store.commit([Deliver(incoming("c", 4)), Consume(MessageId("a"), NOW)])
    await store.commit([Put(outgoing("d")), Put(outgoing("e", outcome="refused"))])
    await store.commit([Put(knock("k")), Put(knock("l", verdict="rejected"))])
    await store.commit([Put(prekey(1)), Put(prekey(2, retired_at=NOW)), Put(prekey(3, kind="kem"))])
    assert await store.counts() == Counts(unread=1, outbox=1, knocks_pending=1, one_time_prekeys=1)


@pytest.mark.parametrize(
    "kind",
    [k for k in Change.__subclasses__() if k not in {Put, Deliver}],
    ids=lambda k: k.__name__,
)
def test_each_change_has_its_statements(kind: type[Change]) -> None:
    assert msgspec.structs.fields(kind)
    assert _STATEMENTS[kind]


async def test_what_is_new_about_a_prekey_is_kept_but_an_erased_one_does_not_come_back(
    store: Store,
) -> None:
    await store.commit([Put(prekey(1)), Put(prekey(2)), DropPrekey("one_time", 1)])
    await store.commit([Renew(prekey(1, published=True)), Renew(prekey(2, published=True))])
    assert await store.prekeys("one_time") == [prekey(2, published=True)]
