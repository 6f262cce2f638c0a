"""Sets of sequence numbers: as the sets they stand for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.limits import MAX_SKIPPED
from agentmesh.session.numbers import Numbers

SETS = st.sets(st.integers(1, 60), max_size=40)


def numbers(members: set[int]) -> Numbers:
    result = Numbers()
    for number in members:
        result = result.add(number)
    return result


@given(SETS, SETS)
def test_they_are_what_a_set_would_be(one: set[int], other: set[int]) -> None:
    both = numbers(one).union(numbers(other))
    assert {number for number in range(1, 70) if number in both} == one | other
    assert both == numbers(one | other)


@given(st.permutations(range(1, 12)))
def test_the_order_in_which_they_come_does_not_matter(order: list[int]) -> None:
    result = Numbers()
    for number in order:
        result = result.add(number)
    assert result == Numbers(11)


def test_a_number_that_came_changes_nothing() -> None:
    some = Numbers(3, (5,))
    assert some.add(2) is some
    assert some.add(5) is some


def test_a_number_too_far_ahead_is_the_peers_fault() -> None:
    assert MAX_SKIPPED in Numbers().add(MAX_SKIPPED)
    with pytest.raises(RemoteProtocolError, match="sequence_too_far_ahead"):
        Numbers().add(MAX_SKIPPED + 1)


def test_reaching_far_gives_up_the_gaps_far_behind() -> None:
    reached = Numbers(3, (7, MAX_SKIPPED)).reach(MAX_SKIPPED + 6)
    assert reached.up_to == 7
    assert reached.also == (MAX_SKIPPED, MAX_SKIPPED + 6)
    assert Numbers(3).reach(5) == Numbers(3, (5,))
