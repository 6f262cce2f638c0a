import pytest
from agentmesh_relay.bundle import bundled
from agentmesh_relay.delivery import HELD_BYTES_IN_ALL, HELD_MESSAGES, OWN_BYTES, Memory
from agentmesh_relay.inbox import ACK_SECONDS, GIVE_UP_SECONDS
from agentmesh_relay.mailbox.interface import Letter, Refusal, Room, Stored
from agentmesh_relay.window import CALM_BYTES, CALM_MESSAGES, WINDOW_BYTES, WINDOW_MESSAGES

from agentmesh.protocol import limits
from agentmesh.protocol.relay_frames import Send
from tests.support.inbox import ALICE, CAROL, Agent, letter, sends


def test_a_letter_is_written_at_once_and_forgotten_when_acknowledged() -> None:
    bob = Agent()
    assert bob.inbox.hold(letter(1)) == "forwarded"
    assert bob.ids == ["1"]
    assert len(bob.inbox) == 1
    assert bob.ack(0) == ["1"]
    assert len(bob.inbox) == 0
    assert bob.ack(0) == []


def test_no_more_than_a_window_is_written_before_an_ack() -> None:
    bob = Agent()
    for number in range(WINDOW_MESSAGES + 10):
        assert bob.inbox.hold(letter(number)) == "forwarded"
    assert len(bob.heard) == WINDOW_MESSAGES
    bob.ack(0, 5)
    assert len(bob.heard) == WINDOW_MESSAGES + 2


def test_a_window_is_bounded_in_bytes_but_takes_one_letter_of_any_size() -> None:
    bob = Agent()
    bob.inbox.hold(letter(1, size=WINDOW_BYTES + 1))
    bob.inbox.hold(letter(2))
    assert bob.ids == ["1"]
    bob.ack(0)
    assert bob.ids == ["1", "2"]


def test_beyond_its_share_of_memory_nothing_is_held() -> None:
    bob = Agent()
    outcomes = [bob.inbox.hold(letter(number)) for number in range(HELD_MESSAGES + 1)]
    assert outcomes.count(None) == 1
    poor = Agent(memory=Memory(0, bound=5))
    assert poor.inbox.hold(letter(1, size=OWN_BYTES)) == "forwarded"
    assert poor.inbox.hold(letter(2)) is None
    poor.ack(0)
    assert poor.inbox.hold(letter(2)) == "forwarded"


def test_the_same_letter_is_written_once() -> None:
    bob = Agent()
    assert [bob.inbox.hold(letter(1)) for _ in range(3)] == ["forwarded"] * 3
    assert bob.ids == ["1"]


def test_no_letter_overtakes_one_of_its_sender_that_is_on_its_way_to_the_disk() -> None:
    bob = Agent()
    bob.inbox.expect(ALICE)
    assert bob.inbox.hold(letter(2)) is None
    assert bob.inbox.hold(letter(1, CAROL)) == "forwarded"
    bob.inbox.expected(ALICE)
    assert bob.inbox.hold(letter(2)) == "forwarded"


def test_what_waited_comes_first_and_leaves_the_disk_when_acknowledged() -> None:
    bob = Agent()
    for number in range(3):
        bob.mailbox.put(letter(number), Room(), lambda _: None)
    bob.inbox.begin(bob.mailbox.pending())
    bob.inbox.hold(letter(3))
    assert bob.ids == ["0", "1", "2", "3"]
    bob.ack(0, 1, 3)
    assert [it.id for it in bob.mailbox.letters.values()] == ["2"]


def test_a_letter_that_expired_meanwhile_holds_up_nothing() -> None:
    bob = Agent()
    for number in range(3):
        bob.mailbox.put(letter(number), Room(), lambda _: None)
    pending = bob.mailbox.pending()
    bob.mailbox.remove([2])
    bob.inbox.begin(pending)
    assert bob.ids == ["0", "2"]


def test_what_is_not_acknowledged_in_time_moves_to_the_disk_and_then_the_agent_is_given_up() -> (
    None
):
    bob = Agent()
    bob.inbox.hold(letter(1))
    assert not bob.inbox.is_overdue(bob.at + ACK_SECONDS - 1)
    assert bob.mailbox.letters == {}
    assert not bob.inbox.is_overdue(bob.at + ACK_SECONDS)
    assert not bob.inbox.is_overdue(bob.at + ACK_SECONDS + 1)
    bob.mailbox.catch_up()
    assert [it.attempts for it in bob.mailbox.letters.values()] == [1]
    assert bob.inbox.is_overdue(bob.at + GIVE_UP_SECONDS)
    bob.ack(0)
    assert bob.mailbox.letters == {}


def test_when_the_agent_goes_what_was_in_memory_goes_to_the_disk_in_order() -> None:
    bob = Agent()
    for number in range(WINDOW_MESSAGES + 2):
        bob.inbox.hold(letter(number))
    bob.inbox.hold(letter("file", message_type="bulk"))
    bob.ack(0)
    bob.inbox.close()
    bob.mailbox.catch_up()
    kept = list(bob.mailbox.letters.values())
    assert [it.id for it in kept] == [str(n) for n in range(1, WINDOW_MESSAGES + 2)]
    assert [it.attempts for it in kept[-2:]] == [1, 0]


def test_a_letter_in_memory_that_reaches_the_disk_by_another_way_is_still_one_letter() -> None:
    bob = Agent()
    bob.inbox.hold(letter(1))
    bob.mailbox.put(letter(1), Room(), lambda _: None)
    bob.inbox.arrived(bob.mailbox.pending()[0])
    assert bob.ids == ["1"]
    bob.ack(0)
    assert bob.mailbox.letters == {}


def test_memory_is_free_again_after_everything_and_once_it_is_on_the_disk() -> None:
    memory = Memory(0)
    for is_full in (False, True):
        bob = Agent(memory=memory)
        bob.mailbox.is_full = is_full
        for number in range(30):
            bob.inbox.hold(letter(number, size=2000))
        bob.ack(*range(10))
        bob.at += ACK_SECONDS
        bob.inbox.is_overdue(bob.at)
        bob.mailbox.catch_up()
        for number in range(20):
            bob.inbox.hold(letter(f"late{number}", size=2000))
        bob.inbox.hold(letter("file", size=2000, message_type="bulk"))
        bob.inbox.close()
        assert memory.free < HELD_BYTES_IN_ALL
        bob.mailbox.catch_up()
        assert memory.free == HELD_BYTES_IN_ALL


def test_many_at_once_are_written_kept_and_forgotten_like_single_ones() -> None:
    bob = Agent()
    assert bob.inbox.hold_all(bundled(ALICE, sends(1, 2, 3), 7))
    bob.inbox.hold(letter(4))
    assert bob.ids == ["1", "2", "3", "4"]
    assert [it.timestamp for it in bob.heard] == [7, 7, 7, 0]
    assert bob.ack(1) == ["2"]
    bob.inbox.close()
    bob.mailbox.catch_up()
    kept = list(bob.mailbox.letters.values())
    assert [(it.id, it.sent_at, it.attempts) for it in kept] == [
        ("1", 7, 1),
        ("3", 7, 1),
        ("4", 0, 1),
    ]
    assert kept[0].expires_at == 7 + limits.MAILBOX_SECONDS * 1000


@pytest.mark.parametrize(
    "some",
    [
        sends(1, 1),
        sends("known", 2),
        sends(*range(CALM_MESSAGES + 1)),
        sends(1, 2, size=CALM_BYTES // 2 + 1),
    ],
    ids=["one-twice", "one-known", "many", "large"],
)
def test_of_many_at_once_that_are_not_simple_none_is_taken(some: list[Send]) -> None:
    bob = Agent()
    bob.inbox.hold(letter("known"))
    assert not bob.inbox.hold_all(bundled(ALICE, some, 0))
    assert bob.ids == ["known"]
    assert len(bob.inbox) == 1


def test_many_at_once_overtake_nothing() -> None:
    bob = Agent()
    bob.inbox.expect(ALICE)
    assert not bob.inbox.hold_all(bundled(ALICE, sends(2), 0))
    assert bob.inbox.hold_all(bundled(CAROL, sends(2), 0))
    bob.inbox.expected(ALICE)
    assert bob.inbox.hold_all(bundled(ALICE, sends(2), 0))
    poor = Agent(memory=Memory(0, bound=5))
    assert not poor.inbox.hold_all(bundled(ALICE, sends(1, 2, size=OWN_BYTES // 2 + 3), 0))
    assert poor.inbox.hold_all(bundled(ALICE, sends(1), 0))


def brought(bob: Agent, *letters: Letter) -> list[Stored | Refusal]:
    """Have letters kept and brought meanwhile; return what their senders hear, as it comes."""
    told: list[Stored | Refusal] = []
    for one in letters:
        assert bob.inbox.bring(one, told.append)
    return told


def test_a_letter_is_read_while_it_is_being_kept_and_its_sender_hears_of_it_afterwards() -> None:
    bob = Agent()
    bob.mailbox.is_slow = True
    told = brought(bob, letter(1))
    assert bob.ids == ["1"]
    assert told == []
    bob.mailbox.sync()
    assert told == [Stored(1)]
    assert [it.attempts for it in bob.mailbox.letters.values()] == [1]
    assert bob.ids == ["1"], "once"
    bob.ack(0)
    assert bob.mailbox.letters == {}
    assert bob.memory.free == HELD_BYTES_IN_ALL


def test_what_is_acknowledged_before_it_is_on_the_disk_does_not_stay_there() -> None:
    bob = Agent()
    bob.mailbox.is_slow = True
    told = brought(bob, letter(1))
    assert bob.ack(0) == ["1"]
    bob.mailbox.sync()
    assert told == [Stored(1)], "its sender hears what it would if nobody were here"
    assert bob.mailbox.letters == {}
    assert len(bob.inbox) == 0
    assert bob.memory.free == HELD_BYTES_IN_ALL


@pytest.mark.parametrize("is_full", [False, True])
@pytest.mark.parametrize("is_synced_first", [False, True])
def test_who_goes_before_it_acknowledged_gets_again_what_it_was_brought(
    *, is_full: bool, is_synced_first: bool
) -> None:
    bob = Agent()
    bob.mailbox.is_slow, bob.mailbox.is_full = True, is_full
    told = brought(bob, letter(1, size=9000))
    for step in [bob.mailbox.sync, bob.inbox.close][:: 1 if is_synced_first else -1]:
        step()
    bob.mailbox.is_slow = bob.mailbox.is_full = False
    bob.mailbox.catch_up()
    assert told == [Refusal("MAILBOX_FULL") if is_full else Stored(1)]
    assert [(it.id, it.attempts) for it in bob.mailbox.letters.values()] == [("1", 1)]
    assert bob.memory.free == HELD_BYTES_IN_ALL


def test_what_is_refused_is_not_on_the_disk_though_it_was_read() -> None:
    bob = Agent()
    bob.mailbox.is_full = True
    assert brought(bob, letter(1, size=9000)) == [Refusal("MAILBOX_FULL")]
    assert bob.ack(0) == ["1"]
    assert bob.mailbox.letters == {}
    assert bob.memory.free == HELD_BYTES_IN_ALL


def test_nothing_is_brought_twice_or_past_what_came_before_it() -> None:
    bob = Agent()
    bob.mailbox.is_slow = True
    told = brought(bob, letter(1))
    assert not bob.inbox.bring(letter(1), told.append), "it is under way"
    bob.inbox.hold_all(bundled(ALICE, sends(2), 0))
    assert not bob.inbox.bring(letter(2), told.append), "it is under way, too"
    bob.inbox.expect(CAROL)
    assert not bob.inbox.bring(letter(1, CAROL), told.append), "an earlier one is not here yet"
    bob.inbox.expected(CAROL)
    assert bob.inbox.bring(letter(1, CAROL), told.append)
    assert bob.ids == ["1", "2", "1"]


def test_beyond_what_is_calm_letters_are_brought_from_the_disk() -> None:
    told: list[Stored | Refusal] = []
    poor, busy, late = Agent(memory=Memory(0, bound=0)), Agent(), Agent(room=0)
    assert not poor.inbox.bring(letter(1, size=2 * OWN_BYTES), told.append)
    assert not busy.inbox.bring(letter(1, size=CALM_BYTES + 1), told.append)
    for number in range(2):
        late.inbox.hold(letter(number))
    assert not late.inbox.bring(letter(2), told.append), "others wait"
    assert told == []
