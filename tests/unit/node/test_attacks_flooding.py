"""What somebody does who wants our disk full, or our memory."""

import pytest

from agentmesh.node import doorway, inbox_room
from agentmesh.node.inbox import Wanted
from agentmesh.node.turn import Wish
from agentmesh.policy.document import Policy
from agentmesh.protocol.frames import Header, Intent, MessageFrame, PqHeader, SessionRequest, encode
from agentmesh.protocol.ids import Amid, FrameId, SessionId
from agentmesh.protocol.relay_frames import Send
from agentmesh.storage.interface import Unread
from tests.support.node_pair import Pair

LONG = "x" * 5000


async def test_unread_messages_of_one_peer_are_bounded_and_none_is_lost(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_room, "MAX_UNREAD_BYTES", 30_000)
    said = []
    for number in range(12):
        said.append(await pair.low.say(pair.high, f"{number}{LONG}"))
        await pair.settle()
    assert pair.high.incoming.faults["inbox_full"]
    assert 0 < sum(await pair.high.store.unread(pair.low.amid)) <= 30_000
    outcomes = [(await pair.low.fate_of(fate))[0] for fate in said]
    assert set(outcomes) == {"delivered", "queued"}
    for _ in range(12):
        for row in await pair.high.inbox.list(Wanted(unread=True)):
            await pair.high.inbox.consume(row.message_id)
        await pair.later(3600)
    assert await pair.high.texts() == [f"{number}{LONG}" for number in range(12)]


async def test_a_full_inbox_of_one_peer_does_not_keep_out_another(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_room, "MAX_UNREAD_BYTES", 8_000)
    await pair.low.say(pair.high, LONG)
    await pair.high.say(pair.low, LONG)
    await pair.settle()
    await pair.low.say(pair.high, LONG)
    await pair.settle()
    assert await pair.high.texts() == [LONG]
    assert await pair.low.texts() == [LONG]


async def test_who_is_at_the_bound_makes_us_count_seldom(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox_room, "MAX_UNREAD_BYTES", 8_000)
    counted: list[Amid] = []
    count = pair.high.store.unread

    async def counting(peer: Amid) -> Unread:
        counted.append(peer)
        return Unread(*await count(peer))

    monkeypatch.setattr(pair.high.store, "unread", counting)
    for number in range(9):
        await pair.low.say(pair.high, f"{number}{LONG}")
        await pair.settle()
    assert pair.high.incoming.faults["inbox_full"] >= 7
    assert len(counted) <= 2


async def test_knocks_in_vain_are_kept_up_to_a_bound_and_later_ones_come_through(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doorway, "MAX_VAIN_KNOCKS", 5)
    pair.high.policy = Policy()
    for number in range(8):
        wish = Wish(intent=Intent(category=f"kind-{number}"), request=SessionRequest())
        await pair.low.say(pair.high, "let me in", wish)
        await pair.settle()
    assert len(await pair.high.store.sessions()) == 5
    assert pair.high.incoming.faults["too_many_knocks"] >= 3
    await pair.later(2 * 3600)
    assert len(await pair.high.store.sessions()) == 8


async def test_who_was_let_in_may_knock_on(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorway, "MAX_VAIN_KNOCKS", 1)
    for number in range(3):
        wish = Wish(intent=Intent(category=f"kind-{number}"), request=SessionRequest())
        await pair.low.say(pair.high, f"word {number}", wish)
        await pair.settle()
    assert await pair.high.phases() == ["open"] * 3


@pytest.mark.parametrize("name", ["x" * 80_000, "../../keys", ""])
async def test_what_is_no_session_id_is_not_answered(pair: Pair, name: str) -> None:
    frame = MessageFrame(
        session_id=SessionId(name),
        header=Header(bytes(32), 0, 0, 1, PqHeader(0)),
        header_mac=bytes(32),
        ciphertext=b"",
    )
    invented = Send(
        id=FrameId("1"),
        to=pair.high.amid,
        message_type="message",
        encrypted_payload=encode(frame),
    )
    pair.wire.bring(pair.low.amid, invented)
    await pair.settle()
    assert pair.high.incoming.faults["session_unknown"] == 1
    assert await pair.high.store.errands() == []
    assert [kind for kind in pair.wire.types() if kind == "reject"] == []


async def test_what_waited_for_a_missing_number_is_shown_when_the_session_ends(pair: Pair) -> None:
    """It was confirmed: its sender will not say it again."""
    await pair.low.say(pair.high, "first")
    await pair.settle()
    pair.wire.loses = lambda frame: frame.message_type == "message"
    await pair.low.say(pair.high, "lost on the way")
    await pair.settle()
    pair.wire.loses = lambda _: False
    last = await pair.low.say(pair.high, "confirmed")
    await pair.settle()
    assert await pair.high.texts() == ["first"]
    assert (await pair.low.fate_of(last))[0] == "delivered"
    pair.low.store._shelves.sessions.clear()
    pair.low.store._shelves.errands.clear()
    pair.low.errands._entries.clear()
    pair.low.talks._lanes.clear()
    await pair.high.say(pair.low, "are you there?")
    await pair.settle()
    assert await pair.high.texts() == ["first", "confirmed"]
