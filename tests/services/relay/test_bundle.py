"""Letters that are kept together are what they would be one by one."""

import pytest
from agentmesh_relay.bundle import Bundle, Bundles, bundled, in_one_piece
from agentmesh_relay.delivery import HELD_BYTES_IN_ALL
from agentmesh_relay.inbox import ACK_SECONDS
from agentmesh_relay.mailbox.interface import Room
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.protocol import limits
from agentmesh.protocol.ids import FrameId
from tests.support.inbox import ALICE, CAROL, Agent, letter, sends

IDS = st.lists(st.integers(0, 5), min_size=1, max_size=4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("send"), st.sampled_from([ALICE, CAROL]), IDS),
        st.tuples(st.just("ack"), st.just(ALICE), st.lists(st.integers(0, 30), max_size=8)),
        st.tuples(st.just("ack-all"), st.just(ALICE), IDS),
        st.tuples(st.just("stored"), st.sampled_from([ALICE, CAROL]), IDS),
        st.tuples(st.just("later"), st.just(ALICE), IDS),
    ),
    max_size=12,
)
Step = tuple[str, str, list[int]]


def bundle(first: int, *ids: str) -> Bundle:
    made = bundled(ALICE, sends(*ids), sent_at=7)
    made.numbers = tuple(range(first, first + len(ids)))
    made.written_at = float(first)
    return made


def test_only_whole_ones_are_taken() -> None:
    bundles = Bundles()
    for it in (bundle(1, "a", "b"), bundle(3, "c", "d"), bundle(5, "e")):
        bundles.add(it)
    taken, left = bundles.take((1, 2, 3, 9))
    assert ([it.numbers for it in taken], left) == ([(1, 2)], (3, 9))
    assert not bundles.have_one_of(ALICE, {FrameId("a")})
    assert bundles.have_one_of(ALICE, {FrameId("a"), FrameId("d")})
    assert not bundles.have_one_of(CAROL, {FrameId("d")})
    assert len(bundles) == 3
    assert bundles.are_older_than(3.0)
    assert not bundles.are_older_than(2.9)
    single = bundles.break_up()
    assert {number: it.id for number, it in single.items()} == {3: "c", 4: "d", 5: "e"}
    assert not bundles


@pytest.mark.parametrize(
    ("ids", "names"),
    [(["a"], "a"), (["ab", "cd"], "abcd"), (["a", "bc"], ""), (["é", "a"], ""), (["", ""], "")],
)
def test_only_ids_that_are_alike_are_one_piece(ids: list[FrameId], names: str) -> None:
    assert in_one_piece(ids) == names


def test_payloads_have_one_size_or_none() -> None:
    same, other = bundled(ALICE, sends(1, 2, size=3), 0), sends(3, size=4)
    assert (same.size, same.each) == (6, 3)
    mixed = bundled(ALICE, [*same.sends, *other], 0)
    assert (mixed.size, mixed.each) == (10, None)


@given(STEPS)
def test_nobody_can_tell_them_from_single_ones(steps: list[Step]) -> None:
    together, single = Agent(), Agent()
    for step in steps:
        assert _done(together, step, together=True) == _done(single, step, together=False)
        assert together.ids == single.ids
        assert len(together.inbox) == len(single.inbox)
    for agent in (together, single):
        agent.inbox.close()
        agent.mailbox.catch_up()
    assert list(together.mailbox.letters.values()) == list(single.mailbox.letters.values())
    assert together.memory.free == HELD_BYTES_IN_ALL
    assert single.memory.free == HELD_BYTES_IN_ALL


def _done(agent: Agent, step: Step, *, together: bool) -> object:
    kind, sender, numbers = step
    match kind:
        case "send":
            some = sends(*numbers)
            if together and agent.inbox.hold_all(bundled(sender, some, 0)):  # type: ignore[arg-type]
                return ["forwarded"] * len(some)
            return [agent.inbox.hold(letter(it, sender, expires_at=_END)) for it in numbers]  # type: ignore[arg-type]
        case "ack" | "ack-all":
            places = range(len(agent.heard)) if kind == "ack-all" else numbers
            return sorted(agent.ack(*(it for it in places if it < len(agent.heard))))
        case "stored":
            it = letter(numbers[0], sender, expires_at=_END)  # type: ignore[arg-type]
            agent.mailbox.put(it, Room(), lambda _: None)
            agent.inbox.arrived(agent.mailbox.pending()[-1])
            return None
        case _:
            agent.at += ACK_SECONDS / 2
            is_overdue = agent.inbox.is_overdue(agent.at)
            agent.mailbox.catch_up()
            return is_overdue


_END = limits.MAILBOX_SECONDS * 1000
