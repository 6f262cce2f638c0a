from hypothesis import given
from hypothesis import strategies as st

from agentmesh.files.ack import Ack
from agentmesh.files.flight import OVERTAKEN, Flight
from agentmesh.files.pace import FIRST_CHUNKS, MOST_CHUNKS
from agentmesh.files.ranges import Ranges


def ack(serial: int, *runs: tuple[int, int], run: int = 1) -> Ack:
    return Ack(run, serial, "", runs)


def test_chunks_leave_in_order_as_far_as_the_window_allows() -> None:
    flight = Flight(100)
    assert flight.take(100, 0.0) == [0, 1, 2, 3]
    assert flight.flying == FIRST_CHUNKS
    assert flight.take(100, 0.0) == []
    assert flight.hear(ack(1, (0, 4)), 0.01)
    assert flight.take(2, 0.01) == [4, 5]


def test_what_bounced_leaves_first() -> None:
    flight = Flight(100)
    flight.take(4, 0.0)
    flight.bounced(1)
    flight.bounced(1)
    flight.bounced(77)
    assert flight.take(4, 0.0) == [1]


def test_what_the_peer_has_is_not_sent_again() -> None:
    flight = Flight(10)
    flight.hear(ack(1, (0, 3), (5, 9)), 0.0)
    assert flight.take(4, 0.0) == [3, 4, 9]
    flight.hear(ack(2, (0, 10)), 0.0)
    assert flight.is_complete


def test_an_older_word_changes_nothing() -> None:
    flight = Flight(10)
    assert flight.hear(ack(5, (0, 3)), 0.0)
    assert not flight.hear(ack(5, (0, 9)), 0.0)
    assert not flight.hear(ack(9, (0, 9), run=0), 0.0)
    assert len(flight.there) == 3


def test_a_peer_that_began_anew_gets_again_what_it_lost() -> None:
    flight = Flight(6)
    flight.take(4, 0.0)
    flight.hear(ack(9, (0, 4)), 0.0)
    flight.take(2, 0.0)
    assert flight.hear(ack(1, (0, 2), run=2), 0.0)
    assert flight.take(9, 0.0) == [2, 3, 4, 5]


def test_a_chunk_that_many_overtook_is_lost() -> None:
    flight = Flight(200)
    flight.pace._window = MOST_CHUNKS
    flight.hear(ack(0), 0.0)
    flight.take(1, 0.0)
    sent, serial = 1, 0
    while sent < OVERTAKEN + 5:
        sent += len(flight.take(8, 0.0))
        serial += 1
        flight.hear(ack(serial, (1, sent)), 0.0)
    assert flight.take(1, 0.0) == [0]
    assert flight.pace.window < MOST_CHUNKS


def test_silence_takes_everything_back() -> None:
    flight = Flight(10)
    flight.take(4, 0.0)
    flight.ground()
    assert flight.flying == 0
    assert flight.take(4, 0.0) == [0]


def test_an_empty_file_is_complete_at_once() -> None:
    assert Flight(0).is_complete
    assert Flight(0).take(4, 0.0) == []


@given(st.integers(1, 80), st.data())
def test_everything_arrives_whatever_the_way_does(count: int, data: st.DataObject) -> None:
    """Chunks and words get lost, come late and twice; the receiver forgets what was not safe."""
    flight, there, safe = Flight(count), Ranges(), Ranges()
    run = serial = 0
    words: list[Ack] = []
    for step in range(3000):
        now = step / 10
        fate = data.draw(st.sampled_from("ooooolbrgw")) if step < 200 else "o"
        for index in flight.take(4, now):
            if fate == "b":
                flight.bounced(index)
            elif fate != "l":
                there.add(index)
        if fate == "r":
            there, run, serial = Ranges(safe), run + 1, 0
        elif fate == "g" or (step > 200 and step % 7 == 0):
            flight.ground()
        elif fate == "w":
            safe = Ranges(there)
        serial += 1
        words.append(Ack(run, serial, "", tuple(there.runs(5))))
        heard = data.draw(st.sampled_from([words[-1], *words[-4:]])) if step < 200 else words[-1]
        flight.hear(heard, now)
        assert flight.flying <= MOST_CHUNKS
        if flight.is_complete and len(there) == count:
            return
    raise AssertionError("it never arrived")
