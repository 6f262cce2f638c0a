"""What somebody does who wants our disk full, or our memory."""

import pytest

from agentmesh.node import doorway
from agentmesh.node.turn import Wish
from agentmesh.policy.document import Policy
from agentmesh.protocol.frames import Header, Intent, MessageFrame, PqHeader, SessionRequest, encode
from agentmesh.protocol.ids import FrameId, SessionId
from agentmesh.protocol.relay_frames import Send
from tests.support.node_pair import Pair


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
