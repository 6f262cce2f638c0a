from agentmesh_relay.mailbox.box import Box, Row
from agentmesh_relay.mailbox.interface import Room
from hypothesis import given
from hypothesis import strategies as st

from tests.support.letters import ALICE, BOB, CAROL, NOW, letter


def box_of(*rows: int) -> Box:
    box = Box()
    box.begin()
    for row in rows:
        box.add(Row.of(row, letter(row)))
    box.is_read = True
    return box


def test_the_lowest_rows_go_at_once_and_others_one_by_one() -> None:
    box = box_of(3, 5, 8, 9)
    assert box.remove([9, 3, 5]) == (5, [9])
    assert list(box) == [8]


def test_what_is_not_wholly_known_goes_one_by_one() -> None:
    box = box_of(3, 5)
    box.is_read = False
    assert box.remove([3, 5]) == (0, [3, 5])


@given(st.sets(st.integers(1, 30), min_size=1), st.sets(st.integers(1, 30)))
def test_whatever_is_removed_nothing_else_goes_with_it(rows: set[int], gone: set[int]) -> None:
    up_to, others = box_of(*sorted(rows)).remove(gone & rows)
    assert {row for row in rows if row <= up_to or row in others} == gone & rows


def test_a_put_names_the_newest_row_that_is_left() -> None:
    box = box_of(3, 5)
    box.remove([5])
    assert (box.last, box.seen) == (3, 5)
    box.remove([3])
    assert (box.last, box.seen) == (0, 5)


def test_a_letter_is_the_same_by_sender_and_id_until_it_expires() -> None:
    box = box_of(7)
    found = box.find(letter(7))
    assert found is not None
    assert found.row == 7
    assert box.find(letter(7, CAROL)) is None
    assert box.find(letter(7, sent_at=NOW + 60_000)) is None


def test_an_expired_letter_neither_waits_nor_takes_room() -> None:
    box = box_of(1)
    one = Room(messages=1)
    assert not box.has_room(letter(2), one)
    assert box.has_room(letter(2, sent_at=NOW + 60_000), one)
    assert box.pending(NOW + 60_000) == []


def test_a_sender_has_its_share_only_while_others_wait() -> None:
    room = Room(per_sender=2)
    box = box_of(1, 2)
    assert box.has_room(letter(3, ALICE), room)
    box.add(Row.of(3, letter(3, BOB)))
    assert not box.has_room(letter(4, ALICE), room)
    assert box.has_room(letter(4, BOB), room)


def test_each_attempt_is_counted() -> None:
    box = box_of(1)
    assert [box.attempted(1), box.attempted(1)] == [0, 1]
