"""Two nodes talk: words arrive once and in order, and lanes keep their rule."""

import asyncio

import pytest

from agentmesh.errors import (
    AgentMeshError,
    IntegrityError,
    StorageError,
    TransportError,
    UsageError,
)
from agentmesh.node import conversations, lanes
from agentmesh.node.turn import Turn, Wish
from agentmesh.protocol.frames import Intent, SessionRequest
from agentmesh.protocol.ids import Amid, MessageId, SessionId
from agentmesh.protocol.limits import MAILBOX_SECONDS, MAX_IN_FLIGHT
from agentmesh.session.events import Close, Saying, Unheld
from agentmesh.storage.interface import Put
from tests.support.node import CHAT, until_quiet
from tests.support.node_pair import Pair


class BrokenStore:
    """A store whose commits fail while `is_broken`."""

    def __init__(self, store: object) -> None:
        self._store = store
        self.is_broken = False

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def commit(self, changes: object) -> None:
        if self.is_broken:
            raise StorageError("disk_full")
        await self._store.commit(changes)  # type: ignore[attr-defined]


async def test_first_words_open_a_session_and_arrive(pair: Pair) -> None:
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.high.texts() == ["hello"]
    assert await pair.low.fate_of(said) == ("delivered", "")
    assert await pair.low.phases() == await pair.high.phases() == ["open"]
    assert await pair.low.store.errands() == await pair.high.store.errands() == []


async def test_what_waits_together_travels_in_one_frame_and_in_order(pair: Pair) -> None:
    await pair.low.say(pair.high, "first")
    await pair.settle()
    pair.wire.carried.clear()
    words = [f"word {number}" for number in range(60)]
    await asyncio.gather(*(pair.low.say(pair.high, word) for word in words))
    await pair.settle()
    assert pair.wire.types().count("message") == 1
    assert await pair.high.texts() == ["first", *words]


async def test_messages_for_different_wishes_are_not_joined(pair: Pair) -> None:
    shop = Wish(intent=Intent(category="commerce"), request=SessionRequest())
    await asyncio.gather(pair.low.say(pair.high, "a chat"), pair.low.say(pair.high, "a deal", shop))
    await pair.settle()
    assert await pair.low.phases() == ["open", "open"]
    assert sorted(await pair.high.texts()) == ["a chat", "a deal"]


async def test_more_than_the_window_is_held_and_follows_in_order(pair: Pair) -> None:
    words = [f"{number}" for number in range(1200)]
    await asyncio.gather(*(pair.low.say(pair.high, word) for word in words))
    await pair.settle()
    assert await pair.high.texts() == words
    assert (await pair.low.store.counts()).outbox == 0


async def test_what_a_turn_said_leaves_before_the_next_one_is_begun(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    await pair.low.say(pair.high, "first")
    await pair.settle()
    monkeypatch.setattr(lanes, "MAX_JOBS_A_TURN", 1)
    pair.wire.carried.clear()
    second = Saying(message_id=MessageId("2"), type="text", payload=b"{}", timestamp=0)

    async def look(_: Turn) -> list[str]:
        return pair.wire.types()

    saying = pair.low.talks.say(pair.high.amid, CHAT, (second,))
    _, left = await asyncio.gather(saying, pair.low.talks.run(pair.high.amid, look))
    assert left == ["message"]


async def test_what_would_be_held_is_kept_with_the_receipt_that_makes_room(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "PATIENCE_SECONDS", 3600.0)
    await pair.low.say(pair.high, "first")
    await pair.settle()
    pair.wire.loses = lambda frame: frame.message_type == "receipt"
    await asyncio.gather(*(pair.low.say(pair.high, f"{at}") for at in range(MAX_IN_FLIGHT)))
    pair.low.talks._lanes[pair.high.amid].expects_receipt = True
    late = asyncio.ensure_future(pair.low.say(pair.high, "late"))
    await asyncio.sleep(0.05)
    assert not late.done()
    pair.wire.loses = lambda _: False
    await pair.high.talks.remind()
    said = await late
    pair.low.talks.afterwards.finish()
    name = said.message_id
    (kept,) = [sheet.rows[name] for sheet in pair.low.sheets if name in sheet.rows]
    assert kept.sequence is not None


async def test_an_answer_travels_in_the_session_of_the_question(pair: Pair) -> None:
    await pair.low.say(pair.high, "question")
    await pair.settle()
    await pair.high.say(pair.low, "answer")
    await pair.settle()
    assert await pair.low.texts() == ["answer"]
    assert await pair.high.phases() == ["open"]


async def test_a_failing_job_changes_nothing_and_stops_nobody(pair: Pair) -> None:
    async def fails(turn: Turn) -> None:
        turn.begin(CHAT)
        raise AgentMeshError("no_luck")

    async def is_a_bug(turn: Turn) -> None:
        turn.begin(CHAT)
        raise KeyError("oops")

    jobs = [pair.low.talks.run(pair.high.amid, job) for job in (fails, is_a_bug)]
    said = pair.low.say(pair.high, "hello")
    one, two, fate = await asyncio.gather(*jobs, said, return_exceptions=True)
    assert isinstance(one, AgentMeshError)
    assert isinstance(two, IntegrityError)
    assert two.code == "internal_error"
    await pair.settle()
    assert await pair.high.texts() == ["hello"]
    assert [row.session_id for row in await pair.low.store.sessions()] == [fate.session_id]


async def test_what_cannot_be_saved_did_not_happen(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    broken = BrokenStore(pair.low.store)
    pair.low.talks._store = broken  # type: ignore[assignment]
    broken.is_broken = True
    pair.wire.carried.clear()
    with pytest.raises(StorageError):
        await pair.low.say(pair.high, "lost")
    assert pair.wire.carried == []
    broken.is_broken = False
    await pair.low.say(pair.high, "kept")
    await pair.settle()
    assert await pair.high.texts() == ["hello", "kept"]


async def test_a_frame_that_could_not_be_saved_is_not_acknowledged(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    broken = BrokenStore(pair.high.store)
    pair.high.talks._store = broken  # type: ignore[assignment]
    broken.is_broken = True
    pair.wire.acknowledged.clear()
    said = await pair.low.say(pair.high, "again")
    await pair.settle()
    assert pair.wire.acknowledged == []
    broken.is_broken = False
    await pair.later(60)
    assert await pair.high.texts() == ["hello", "again"]
    assert (await pair.low.fate_of(said))[0] == "delivered"


async def test_a_session_that_is_not_there_is_the_callers_mistake(pair: Pair) -> None:
    wish = Wish(intent=CHAT.intent, request=CHAT.request, session_id=SessionId("nowhere"))
    with pytest.raises(UsageError) as caught:
        await pair.low.say(pair.high, "hello", wish)
    assert caught.value.code == "session_not_found"


async def test_a_full_lane_says_so(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "MAX_JOBS_WAITING", 1)
    told = await asyncio.gather(
        *(pair.low.say(pair.high, text) for text in ("one", "two")), return_exceptions=True
    )
    assert [getattr(fate, "code", None) for fate in told] == [None, "peer_busy"]


async def test_lanes_that_are_idle_are_let_go(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MAX_LANES", 2)
    for name in ("one", "two", "three"):
        await pair.low.talks.look(Amid(name), SessionId("none"))
    assert set(pair.low.talks._lanes) == {"two", "three"}


async def test_of_many_sessions_those_that_rested_longest_are_read_again(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MAX_TALKS", 0)
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    assert await pair.low.talks.look(Amid("other"), SessionId("none")) is None
    assert pair.high.amid not in pair.low.talks._lanes
    assert await pair.low.talks.look(pair.high.amid, said.session_id) is not None


async def test_a_daemon_that_stops_takes_no_more(pair: Pair) -> None:
    await pair.low.stop()
    with pytest.raises(TransportError, match="stopping"):
        await pair.low.say(pair.high, "too late")


async def test_a_session_that_cannot_be_read_is_set_aside_with_a_notice(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    (row,) = await pair.low.store.sessions()
    changed = {name: getattr(row, name) for name in row.__struct_fields__} | {"state": b"\x01?"}
    await pair.low.store.commit([Put(type(row)(**changed))])
    pair.low.talks._lanes.clear()
    assert await pair.low.talks.look(pair.high.amid, row.session_id) is None
    assert "error" in pair.low.kinds()


async def test_held_words_of_an_ended_session_are_settled(pair: Pair) -> None:
    pair.wire.is_up = False
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    await pair.low.talks.handle(pair.high.amid, said.session_id, Close("cancelled_by_initiator"))
    await pair.low.talks.handle(pair.high.amid, said.session_id, Unheld(()))
    await until_quiet(pair.low)
    assert await pair.low.fate_of(said) == ("undeliverable", "cancelled_by_initiator")


async def test_receipts_are_repeated_only_where_somebody_may_wait_for_one(pair: Pair) -> None:
    def receipts() -> int:
        return sum(frame.message_type == "receipt" for _, frame in pair.wire.carried)

    await pair.low.say(pair.high, "hello")
    await pair.settle()
    before = receipts()
    await pair.reconnect()
    assert receipts() > before
    before = receipts()
    await pair.later(MAILBOX_SECONDS + 1)
    await pair.reconnect()
    assert receipts() == before


async def test_reminding_survives_a_store_that_fails(pair: Pair) -> None:
    class Failing:
        async def sessions(self) -> None:
            raise StorageError("storage_failed")

    pair.low.talks._store = Failing()  # type: ignore[assignment]
    await pair.low.talks.remind()


async def test_a_lane_in_which_somebody_waits_is_not_let_go(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "MAX_LANES", 1)

    async def job(_: Turn) -> str:
        return "done"

    patient = asyncio.ensure_future(pair.low.talks.run(pair.high.amid, job, in_no_hurry=True))
    await asyncio.sleep(0)
    assert await pair.low.talks.look(Amid("other"), SessionId("none")) is None
    assert pair.high.amid in pair.low.talks._lanes
    assert await patient == "done"


async def test_no_receipt_is_patient_while_messages_of_ours_wait_for_room(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "PATIENCE_SECONDS", 3600.0)
    monkeypatch.setattr(lanes.Lane, "is_holding", True)

    async def job(_: Turn) -> str:
        return "done"

    assert await pair.low.talks.run(pair.high.amid, job, in_no_hurry=True) == "done"
