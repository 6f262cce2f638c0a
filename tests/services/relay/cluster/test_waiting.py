from agentmesh_relay.cluster.waiting import ANSWER_SECONDS, MAX_BYTES, Waiting
from agentmesh_relay.cluster.words import NodeId, Reply

from agentmesh.protocol.ids import FrameId
from agentmesh.protocol.relay_frames import Sent
from tests.support.world import FakeClock

EAST, WEST = NodeId("east"), NodeId("west")
SENT = Sent(id=FrameId("1"), outcome="forwarded")


def test_an_answer_is_told_once_to_whoever_asked() -> None:
    waiting, told = Waiting(FakeClock()), list[Reply | None]()
    number = waiting.add(EAST, 1, 10, told.append)
    waiting.answer(number, SENT)
    waiting.answer(number, SENT)
    waiting.answer(number + 1, SENT)
    assert told == [SENT]


def test_whoever_waits_too_long_is_told_that_there_is_no_answer() -> None:
    clock = FakeClock()
    waiting, told = Waiting(clock), list[str]()
    waiting.add(EAST, 1, 0, lambda _: told.append("first"))
    clock.advance(1)
    waiting.add(EAST, 1, 0, lambda _: told.append("second"))
    clock.advance(ANSWER_SECONDS - 1)
    waiting.look(clock.monotonic())
    assert (told, len(waiting)) == (["first"], 1)


def test_a_node_that_is_gone_answers_nothing_any_more() -> None:
    waiting, told = Waiting(FakeClock()), list[str]()
    waiting.add(EAST, 1, 0, lambda _: told.append("east"))
    waiting.add(WEST, 1, 0, lambda _: told.append("west"))
    waiting.give_up(EAST)
    assert told == ["east"]
    waiting.give_up()
    assert told == ["east", "west"]


def test_what_waits_is_bounded_in_bytes() -> None:
    waiting = Waiting(FakeClock())
    number = waiting.add(EAST, 1, MAX_BYTES, lambda _: None)
    assert not waiting.has_room(1)
    waiting.answer(number, None)
    assert waiting.has_room(MAX_BYTES)
