from agentmesh_relay.delivery import Delivery
from agentmesh_relay.window import CALM_BYTES, WINDOW_BYTES, WINDOW_MESSAGES, Window

from agentmesh.protocol.ids import Amid, FrameId


def delivery(size: int, *, is_bulk: bool = False) -> Delivery:
    return Delivery(Amid("alice"), FrameId("1"), size, want_acked=False, is_bulk=is_bulk)


def test_the_first_letter_always_has_room_and_a_full_window_has_none() -> None:
    window = Window()
    assert window.has_room(10 * WINDOW_BYTES)
    window.add(1, delivery(WINDOW_BYTES))
    assert not window.has_room(1)
    window.let_go(1, WINDOW_BYTES)
    assert [it.size for it in window.take([7, 1, 1])] == [WINDOW_BYTES]
    window.add_letters(range(WINDOW_MESSAGES), [delivery(1)] * WINDOW_MESSAGES, WINDOW_MESSAGES)
    assert window.is_full


def test_files_do_not_take_the_place_of_letters() -> None:
    window = Window()
    window.add(1, delivery(WINDOW_BYTES, is_bulk=True))
    assert window
    assert window.has_room(WINDOW_BYTES)
    assert window.is_calm_with(1, CALM_BYTES)
    assert not window.is_calm_with(1, CALM_BYTES + 1)
