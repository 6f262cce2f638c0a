"""The rooms of invites share one side door."""

from tests.support.node_pair import Pair


async def test_desk_and_joiner_hear_at_the_same_door(pair: Pair) -> None:
    rooms = pair.low.invites
    assert rooms.desk._side_door is rooms.joiner._side_door
    assert rooms.desk._book is rooms.book
