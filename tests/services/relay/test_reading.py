"""What is on disk only is read before it is written; what expired meanwhile holds up nothing."""

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial

from agentmesh_relay.delivery import Delivery, held, stored
from agentmesh_relay.mailbox.interface import Letter, Pending, Room
from agentmesh_relay.reading import Reading
from agentmesh_relay.window import WINDOW_BYTES, WINDOW_MESSAGES

from agentmesh.protocol.ids import FrameId
from tests.support.inbox import ALICE, VolatileMailbox, letter


def on_disk(row: int, size: int) -> Delivery:
    return stored(Pending(row, ALICE, FrameId(str(row)), size, want_acked=False))


def read(*waiting: Delivery) -> int:
    """Return how many are read together."""
    mailbox = VolatileMailbox()
    for delivery in waiting:
        mailbox.put(letter(delivery.id), Room(), lambda _: None)
    Reading(mailbox).begin(line := deque(waiting), lambda _: None)
    assert list(line) == list(waiting)
    return sum(delivery.row is not None and delivery.letter is not None for delivery in waiting)


def test_of_what_is_on_the_disk_so_much_is_read_as_a_window_takes() -> None:
    assert read(*(on_disk(row, 1) for row in range(1, WINDOW_MESSAGES + 5))) == WINDOW_MESSAGES
    assert read(on_disk(1, 9 * WINDOW_BYTES), on_disk(2, 1)) == 1
    assert read(on_disk(1, 1), on_disk(2, WINDOW_BYTES)) == 1
    assert read(on_disk(1, 1), held(letter("in memory"), 1), on_disk(3, 1)) == 1


def test_what_has_expired_waits_no_more() -> None:
    mailbox = VolatileMailbox()
    for number in range(3):
        mailbox.put(letter(number), Room(), lambda _: None)
    waiting = deque(stored(about) for about in mailbox.pending())
    mailbox.remove([2])
    gone: list[Delivery] = []
    Reading(mailbox).begin(waiting, gone.extend)
    assert [it.row for it in gone] == [2]
    assert [it.row for it in waiting] == [1, 3]


class SlowMailbox(VolatileMailbox):
    """Answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[Callable[[], None]] = []

    def fetch(self, rows: Sequence[int], done: Callable[[dict[int, Letter]], None]) -> None:
        self.asked.append(partial(super().fetch, rows, done))


def test_what_comes_meanwhile_is_read_with_the_next_ones() -> None:
    mailbox = SlowMailbox()
    for number in (1, 2):
        mailbox.put(letter(number), Room(), lambda _: None)
    waiting = deque([on_disk(1, 1)])
    reading = Reading(mailbox)
    reading.begin(waiting, lambda _: None)
    waiting.append(on_disk(2, 1))
    reading.begin(waiting, lambda _: None)
    (first,) = mailbox.asked
    first()
    assert [it.letter is None for it in waiting] == [False, True]
    reading.begin(deque([waiting[1]]), lambda _: None)
    assert len(mailbox.asked) == 2
