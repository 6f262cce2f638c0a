from agentmesh_relay.bundle import bundled
from agentmesh_relay.delivery import Delivery
from agentmesh_relay.window import (
    CALM_BYTES,
    WINDOW_BYTES,
    WINDOW_MESSAGES,
    Window,
)

from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import Send

ALICE = Amid("alice")


def delivery(size: int, *, is_bulk: bool = False) -> Delivery:
    return Delivery(Amid("alice"), FrameId("1"), size, want_acked=False, is_bulk=is_bulk)


def test_the_first_letter_always_has_room_and_a_full_window_has_none() -> None:
    window = Window()
    assert window.has_room(10 * WINDOW_BYTES)
    window.add(1, delivery(WINDOW_BYTES))
    assert not window.has_room(1)
    window.let_go(1, WINDOW_BYTES)
    assert [it.size for it in window.take([7, 1, 1])] == [WINDOW_BYTES]
    for number in range(WINDOW_MESSAGES):
        window.add(number, delivery(1))
    assert window.is_full


def test_files_do_not_take_the_place_of_letters() -> None:
    window = Window()
    window.add(1, delivery(WINDOW_BYTES, is_bulk=True))
    assert window
    assert window.has_room(WINDOW_BYTES)
    assert window.is_calm_with(1, CALM_BYTES)
    assert not window.is_calm_with(1, CALM_BYTES + 1)


def test_what_is_together_counts_and_comes_before_what_was_written_later() -> None:
    window = Window()
    sends = [
        Send(
            id=FrameId(it),
            to=ALICE,
            message_type="message",
            encrypted_payload=bytes(CALM_BYTES // 2),
        )
        for it in "ab"
    ]
    both = bundled(ALICE, sends, 0)
    both.numbers = (1, 2)
    window.add_bundle(both)
    assert window
    assert not window.is_calm_with(1, 1)
    assert not window.has_room(WINDOW_BYTES)
    window.add(3, delivery(1))
    assert [it.id for it in window.break_up()] == ["a", "b"]
    assert [it.size for it in window] == [CALM_BYTES // 2, CALM_BYTES // 2, 1]
    assert [it.id for it in window.take([2, 1])] == ["b", "a"]
    assert list(window.break_up()) == []
