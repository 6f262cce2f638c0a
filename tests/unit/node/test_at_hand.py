"""What every room has at hand."""

from tests.support.node_pair import Pair


async def test_the_clock_is_the_one_of_the_key_ring(pair: Pair) -> None:
    assert pair.low.hand.clock is pair.clock
