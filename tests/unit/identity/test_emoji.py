"""The emoji of a quick comparison."""

from agentmesh.identity.emoji import EMOJI


def test_there_are_64_pairs_and_none_twice() -> None:
    assert len(EMOJI) == 64
    assert len({picture for picture, _ in EMOJI}) == 64
    assert len({word for _, word in EMOJI}) == 64
