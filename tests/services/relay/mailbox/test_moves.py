"""What agents leave behind goes to the disk bit by bit, and nothing newer overtakes it."""

from collections.abc import Callable

from agentmesh_relay.mailbox.interface import Letter, Room, Stored
from agentmesh_relay.mailbox.moves import SLICE_BYTES, Moves
from agentmesh_relay.mailbox.puts import Put

from agentmesh.protocol.ids import Amid
from tests.support.letters import BOB, CAROL, letter

ROOM = Room()


class Disk:
    """Takes letters, keeps them when a test says so, and lets time pass."""

    def __init__(self) -> None:
        self.puts: list[Put] = []
        self.told: list[str] = []
        self._due: list[Callable[[], None]] = []
        self.moves = Moves(lambda _, what: self._due.append(what), self.puts.append)

    def move(self, it: Letter) -> None:
        self.moves.add(Put(it, ROOM, lambda _: self.told.append(it.id)))

    @property
    def ids(self) -> list[str]:
        return [put.letter.id for put in self.puts]

    def keep(self) -> None:
        for row, put in enumerate(self.puts):
            put.done(Stored(row))
        self.puts.clear()

    def rest(self) -> None:
        due, self._due = self._due, []
        for what in due:
            what()


def large(number: object, recipient: Amid = BOB) -> Letter:
    return letter(number, recipient=recipient, payload=bytes(SLICE_BYTES // 2))


def test_a_slice_waits_until_the_last_one_is_on_the_disk_and_for_a_while() -> None:
    disk = Disk()
    for number in range(5):
        disk.move(large(number))
    assert disk.ids == []
    disk.rest()
    assert disk.ids == ["0", "1"]
    disk.rest()
    assert disk.ids == ["0", "1"]
    disk.keep()
    assert disk.ids == []
    disk.rest()
    assert disk.ids == ["2", "3"]
    disk.keep()
    disk.rest()
    disk.keep()
    assert disk.told == ["0", "1", "2", "3", "4"]


def test_whoever_is_asked_for_goes_first_and_in_order() -> None:
    disk = Disk()
    for number in range(3):
        disk.move(large(f"bob{number}"))
        disk.move(large(f"carol{number}", CAROL))
    disk.moves.hurry(CAROL)
    disk.moves.hurry(CAROL)
    assert disk.ids == ["carol0", "carol1", "carol2"]
    disk.rest()
    assert disk.ids[3:] == ["bob0", "bob1"]
    disk.moves.hurry_all()
    assert disk.ids[5:] == ["bob2"]
    disk.keep()
    disk.rest()
    assert disk.ids == []


def test_it_goes_on_after_a_rest() -> None:
    disk = Disk()
    for number in range(2):
        disk.move(large(number))
        disk.rest()
        assert disk.ids == [str(number)]
        disk.keep()
        disk.rest()
