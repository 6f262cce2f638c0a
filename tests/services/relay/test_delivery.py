from agentmesh_relay.delivery import HELD_BYTES, HELD_MESSAGES, OWN_BYTES, Memory, Share, stored
from agentmesh_relay.mailbox.interface import Pending

from agentmesh.protocol.ids import Amid, FrameId


def test_memory_is_given_only_while_there_is_some() -> None:
    memory = Memory(first_number=0, bound=100)
    assert memory.take(60)
    assert not memory.take(60)
    memory.give_back(60)
    assert memory.take(100)


def test_no_number_is_given_twice() -> None:
    memory = Memory(first_number=1000)
    numbers = [*memory.numbers(50), *memory.numbers(1), *memory.numbers(49)]
    assert len(set(numbers)) == 100
    assert min(numbers) > 1000


def test_no_agent_takes_more_than_its_share() -> None:
    memory = Memory(first_number=0, bound=HELD_BYTES)
    share = Share(memory)
    assert not share.take(HELD_MESSAGES + 1, 0)
    assert not share.take(1, HELD_BYTES + 1)
    assert share.take(HELD_MESSAGES, HELD_BYTES)
    assert not share.take(1, 0)
    share.give_back(HELD_MESSAGES, HELD_BYTES)
    assert memory.free == HELD_BYTES


def test_whoever_takes_nothing_leaves_the_others_what_is_their_own() -> None:
    memory = Memory(first_number=0, bound=HELD_BYTES - OWN_BYTES)
    deaf, other = Share(memory), Share(memory)
    assert deaf.take(1, HELD_BYTES)
    assert memory.free == 0
    for _ in range(3):
        assert other.take(1, OWN_BYTES)
        assert not other.take(1, 1)
        other.give_back(1, OWN_BYTES)
    assert other.take(1, OWN_BYTES // 2)
    deaf.give_back(1, HELD_BYTES)
    assert other.take(1, OWN_BYTES)
    assert memory.free == HELD_BYTES - OWN_BYTES - OWN_BYTES // 2
    other.give_back(2, OWN_BYTES + OWN_BYTES // 2)
    assert memory.free == HELD_BYTES - OWN_BYTES


def test_a_letter_on_disk_takes_no_memory_until_it_is_read() -> None:
    delivery = stored(Pending(7, Amid("alice"), FrameId("1"), 500, want_acked=True))
    assert (delivery.row, delivery.size, delivery.letter) == (7, 500, None)
