"""A message that is said again in another session: confirmed there, and heard once."""

from agentmesh.node.turn import Wish
from agentmesh.protocol.frames import SessionRequest
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.limits import STREAM_WINDOW
from agentmesh.session.events import Lost
from tests.support.node import CHAT
from tests.support.node_pair import Pair


async def _said_in_another(pair: Pair, session_id: SessionId) -> None:
    """Let Low, who has heard no receipt, lose the session and say everything in another."""
    await pair.low.talks.handle(pair.high.amid, session_id, Lost())
    pair.wire.loses = lambda _: False
    await pair.later(120)


async def test_a_message_that_is_said_again_elsewhere_is_heard_told_and_written_once(
    pair: Pair,
) -> None:
    pair.wire.loses = lambda frame: frame.message_type == "receipt"
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    await _said_in_another(pair, said.session_id)
    later = await pair.low.say(pair.high, "and this")
    await pair.settle()
    assert await pair.high.texts() == ["hello", "and this"]
    assert pair.high.kinds().count("message_received") == 2
    assert (await pair.low.fate_of(said))[0] == "delivered"
    assert (await pair.low.fate_of(later))[0] == "delivered"
    pair.high.talks.afterwards.finish()
    heard = [change for sheet in pair.high.sheets for change in sheet.changes]
    assert sum(type(change).__name__ == "Deliver" for change in heard) == 2


async def test_one_that_was_read_before_is_confirmed_as_read(pair: Pair) -> None:
    pair.wire.loses = lambda frame: frame.message_type == "receipt"
    said = await pair.low.say(pair.high, "hello")
    await pair.settle()
    (row,) = await pair.high.inbox_of("hello")
    await pair.high.inbox.consume(row.message_id)
    await _said_in_another(pair, said.session_id)
    assert (await pair.low.fate_of(said))[0] == "consumed"


async def test_repetitions_leave_a_stream_its_room(pair: Pair) -> None:
    stream = Wish(intent=CHAT.intent, request=SessionRequest(type="stream"))
    pair.wire.loses = lambda frame: frame.message_type == "receipt"
    first = await pair.low.say(pair.high, "0", stream)
    words = [str(number) for number in range(STREAM_WINDOW + 50)]
    for word in words[1:]:
        await pair.low.say(pair.high, word, stream)
    await pair.settle()
    for row in await pair.high.inbox_of("0"):
        await pair.high.inbox.consume(row.message_id)
    await _said_in_another(pair, first.session_id)
    for _ in range(4):
        for word in words:
            for row in await pair.high.inbox_of(word):
                await pair.high.inbox.consume(row.message_id)
        await pair.later(60)
    assert await pair.high.texts() == words
