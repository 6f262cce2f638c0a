"""What is urgent overtakes what waits, and nothing else."""

from typing import get_args

from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.messages.body import Body
from agentmesh.messages.payloads import Priority, rank
from tests.support.node import CHAT
from tests.support.node_pair import Pair, node_pair

PRIORITIES: tuple[Priority, ...] = get_args(Priority)


async def say(pair: Pair, text: str, priority: Priority) -> None:
    await pair.low.outbox.say(pair.high.amid, [Body("text", f'"{text}"'.encode(), priority)], CHAT)


async def test_the_urgent_goes_first_among_what_waits_for_the_first_answer(pair: Pair) -> None:
    pair.wire.is_up = False
    for text, priority in (
        ("one", "low"),
        ("two", "normal"),
        ("three", "urgent"),
        ("four", "high"),
    ):
        await say(pair, text, priority)  # type: ignore[arg-type]
    await say(pair, "five", "urgent")
    pair.wire.is_up = True
    await pair.later(60)
    assert await pair.high.texts() == ["three", "five", "four", "two", "one"]


async def test_what_has_its_number_is_not_overtaken(pair: Pair) -> None:
    await pair.low.say(pair.high, "hello")
    await pair.settle()
    pair.wire.is_up = False
    await say(pair, "first", "low")
    await say(pair, "second", "urgent")
    pair.wire.is_up = True
    await pair.later(120)
    assert await pair.high.texts() == ["hello", "first", "second"]


@settings(max_examples=20)
@given(said=st.lists(st.sampled_from(PRIORITIES), max_size=12))
async def test_the_order_inside_a_priority_is_kept(said: list[Priority]) -> None:
    async with node_pair() as both:
        both.wire.is_up = False
        for place, priority in enumerate(said):
            await say(both, str(place), priority)
        both.wire.is_up = True
        await both.later(60)
        wanted = sorted(range(len(said)), key=lambda place: rank(said[place]))
        assert await both.high.texts() == [str(place) for place in wanted]
