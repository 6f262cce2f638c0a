from agentmesh_relay.bulk import BULK_WINDOW_BYTES, HELD_BULK_BYTES, Bulk
from agentmesh_relay.delivery import HELD_BYTES_IN_ALL, Delivery, Memory, held
from agentmesh_relay.inbox import RESERVED_BYTES

from tests.support.inbox import Agent, letter

CHUNK = 96 * 1024


def chunk(number: object) -> Delivery:
    return held(letter(number, size=CHUNK, message_type="bulk"), CHUNK)


def test_chunks_are_held_up_to_a_bound() -> None:
    bulk = Bulk(Memory(0))
    taken = 0
    while bulk.take(chunk(taken)):
        taken += 1
    assert taken == HELD_BULK_BYTES // CHUNK
    first = bulk.next(CHUNK)
    assert first is not None
    assert not bulk.take(chunk("late"))
    bulk.let_go(first)
    assert bulk.take(chunk("late"))


def test_chunks_take_memory_that_all_agents_share_and_give_it_back() -> None:
    memory = Memory(0, bound=3 * CHUNK)
    bulk = Bulk(memory)
    assert [bulk.take(chunk(number)) for number in range(4)] == [True, True, True, False]
    first = bulk.next(CHUNK)
    assert first is not None
    bulk.let_go(first)
    assert memory.free == CHUNK
    bulk.next(CHUNK)
    bulk.drop()
    assert memory.free == 3 * CHUNK


def test_a_window_of_chunks_is_under_way_if_there_is_room() -> None:
    bulk = Bulk(Memory(0))
    for number in range(30):
        bulk.take(chunk(number))
    assert bulk.next(CHUNK - 1) is None
    assert sum(bulk.next(CHUNK) is not None for _ in range(30)) == BULK_WINDOW_BYTES // CHUNK
    bulk.drop()
    assert bulk.next(CHUNK) is None


def test_letters_overtake_the_chunks_that_wait() -> None:
    bob = Agent(room=RESERVED_BYTES + CHUNK)
    for number in range(30):
        assert bob.inbox.hold(letter(number, size=CHUNK, message_type="bulk")) == "forwarded"
    assert len(bob.heard) == BULK_WINDOW_BYTES // CHUNK
    bob.inbox.hold(letter("letter"))
    assert bob.ids[-1] == "letter"


def test_nothing_is_written_beyond_what_the_reader_takes() -> None:
    bob = Agent(room=0)
    bob.inbox.hold(letter(1, size=CHUNK, message_type="bulk"))
    bob.inbox.hold(letter(2, size=CHUNK, message_type="bulk"))
    bob.inbox.hold(letter(3))
    assert bob.ids == ["1"]
    bob.ack(0)
    assert bob.ids == ["1", "3"]
    bob.room = RESERVED_BYTES + CHUNK
    bob.ack(1)
    assert bob.ids == ["1", "3", "2"]


def test_what_waits_goes_on_as_soon_as_the_reader_has_taken_the_rest() -> None:
    bob = Agent(room=0)
    for number in range(3):
        bob.inbox.hold(letter(number, size=CHUNK, message_type="bulk"))
    assert bob.ids == ["0"]
    bob.room = RESERVED_BYTES + CHUNK
    bob.inbox.go_on()
    assert bob.ids == ["0", "1", "2"]
    bob.inbox.go_on()
    assert len(bob.heard) == 3


def test_chunks_that_are_acknowledged_free_the_memory_of_all() -> None:
    bob = Agent()
    bob.inbox.hold(letter(1, size=CHUNK, message_type="bulk"))
    bob.ack(0)
    assert bob.memory.free == HELD_BYTES_IN_ALL


def test_chunks_never_reach_the_disk() -> None:
    bob = Agent()
    bob.inbox.hold(letter(1, size=CHUNK, message_type="bulk"))
    bob.at = 40.0
    assert not bob.inbox.is_overdue(bob.at)
    bob.inbox.close()
    bob.mailbox.catch_up()
    assert bob.mailbox.letters == {}
    assert bob.memory.free == HELD_BYTES_IN_ALL
