"""A store out of a backup: nothing is said under a state that was used since then."""

from typing import Literal

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from agentmesh.identity.keys import Identity
from agentmesh.node.prekeys import LAST_IDS, SUITES
from agentmesh.node.restored import begin_anew
from agentmesh.node.sheet import HOUSE_MAIL
from agentmesh.protocol import frames
from agentmesh.protocol.frames import MessageFrame, NumberedFrame, ReceiptFrame
from agentmesh.session import snapshot
from agentmesh.session.bounds import RESTORED
from agentmesh.session.states import Ended
from agentmesh.storage.interface import Put, SetValue
from agentmesh.storage.volatile import VolatileStore
from tests.support.hostile import FUZZ
from tests.support.node import Node
from tests.support.node_pair import Pair, node_at, node_pair
from tests.support.stores import errand, knock, outgoing, prekey, session
from tests.support.world import FakeClock, FakeEntropy

IN_A_SESSION = (MessageFrame, NumberedFrame, ReceiptFrame)
NAMES = {Identity.make(FakeEntropy(name)).amid: name for name in ("alice", "bob")}
Step = Literal["low", "high", "read", "cut", "join"]


def backup(node: Node) -> VolatileStore:
    """Return a copy of a node's store as it is now."""
    copy = VolatileStore()
    copy._shelves = node.store._shelves.copy()
    return copy


async def restore(pair: Pair, copy: VolatileStore) -> None:
    """Put a node in the place of `high` whose store came out of a backup."""
    await pair.high.stop()
    await pair.later(1)
    await begin_anew(copy, pair.clock, FakeEntropy("restoring"))
    name = NAMES[pair.high.amid]
    pair.high = await node_at(pair.wire, name, pair.clock, pair.shelf, copy)
    await pair.high.start()
    await pair.reconnect()


async def take(pair: Pair, steps: list[Step], name: str) -> None:
    """Let both talk."""
    for number, step in enumerate(steps):
        match step:
            case "low":
                await pair.low.say(pair.high, f"low {name} {number}")
            case "high":
                await pair.high.say(pair.low, f"high {name} {number}")
            case "read":
                for node in (pair.low, pair.high):
                    for row in await node.inbox_of("again"):
                        await node.inbox.consume(row.message_id)
            case "cut":
                pair.wire.is_up = False
            case "join":
                await pair.reconnect()
        await pair.settle()


def sessions_of_high(pair: Pair, since: int) -> set[str]:
    """Return the sessions in which `high` said something since then."""
    sent = [it for us, it in pair.wire.carried[since:] if us == pair.high.amid]
    read = [frames.decode(it.encrypted_payload) for it in sent]
    return {it.session_id for it in read if isinstance(it, IN_A_SESSION)}


STEPS = st.lists(st.sampled_from(["low", "high", "read", "cut", "join"]), max_size=6)


@FUZZ
@given(before=STEPS, after=STEPS)
@example(before=["cut", "high"], after=[])  # what was unconfirmed moves into a session that is open
async def test_whenever_a_backup_was_made_no_old_session_is_used(
    before: list[Step], after: list[Step]
) -> None:
    async with node_pair() as pair:
        await take(pair, ["low", *before], "before")
        copy = backup(pair.high)
        await take(pair, after, "after")
        old = {it.session_id for it in await pair.low.store.sessions()}
        old |= {it.session_id for it in await pair.high.store.sessions()}
        since = len(pair.wire.carried)
        await restore(pair, copy)
        await take(pair, ["low", "high", "join"], "restored")
        await pair.later(120)
        assert not old & sessions_of_high(pair, since)
        assert (await pair.high.texts()).count("low restored 0") == 1
        heard = await pair.low.texts()
        assert heard.count("high restored 1") == 1
        assert len(heard) == len(set(heard))  # what was said twice came once


async def begun_anew(*changes: Put) -> VolatileStore:
    store = VolatileStore()
    await store.commit([*changes, SetValue(SUITES, b"old"), SetValue(LAST_IDS, b"old")])
    await begin_anew(store, FakeClock(), FakeEntropy())
    return store


async def test_what_was_under_old_keys_is_gone_and_what_came_is_kept() -> None:
    store = await begun_anew(
        Put(prekey(1)), Put(errand("frame", kind="message")), Put(errand("mail", kind=HOUSE_MAIL))
    )
    assert await store.prekeys("one_time") == []
    assert [it.errand_id for it in await store.errands()] == ["mail"]
    assert await store.value(SUITES) is None
    assert await store.value(LAST_IDS) is None


async def test_a_session_that_cannot_be_read_fails_with_its_messages() -> None:
    store = await begun_anew(Put(session("one")), Put(outgoing("m", session_id="one")))
    assert await store.sessions() == []
    (row,) = [await store.outgoing(outgoing("m").message_id)]
    assert row is not None
    assert (row.outcome, row.reason) == ("undeliverable", RESTORED)


async def test_a_peer_that_asks_is_asked_to_ask_again() -> None:
    async with node_pair() as pair:
        await pair.low.say(pair.high, "hello")
        await pair.settle()
        (row,) = await pair.high.store.sessions()
        ended = Ended(terms=snapshot.load(row.state).terms, reason="", by_peer=False)
        asked = msgspec.structs.replace(row, phase="knocked", state=snapshot.save(ended))
        store = await begun_anew(Put(asked), Put(knock(row.session_id, verdict="pending")))
        assert await store.sessions() == []
        (shown,) = await store.knocks(pending=False, limit=5)
        assert (shown.verdict, shown.reason) == ("dismissed", RESTORED)


async def test_what_was_asked_for_is_asked_for_again() -> None:
    async with node_pair() as pair:
        pair.wire.is_up = False
        said = await pair.high.say(pair.low, "waits")
        await pair.settle()
        copy = backup(pair.high)
        await begin_anew(copy, pair.clock, FakeEntropy("restoring"))
        row = await copy.outgoing(said.message_id)
        assert row is not None
        assert row.session_id != said.session_id
        assert (row.sequence, row.frame_id) == (None, None)
        (resolve,) = await copy.errands()
        assert (resolve.kind, resolve.session_id) == ("resolve", row.session_id)
