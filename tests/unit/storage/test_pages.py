from agentmesh.storage.applying import pages
from agentmesh.storage.interface import Deliver, DropErrand, Move, Put
from tests.support.stores import errand, incoming, outgoing, session

LONG = bytes(10 * 4096)


def test_each_change_counts_and_what_it_keeps() -> None:
    one = pages([Put(session())])
    assert pages([Put(session()), DropErrand("e")]) == one + 1
    assert pages([Put(errand("e", body=LONG))]) == one + 10
    assert pages([Deliver(incoming("m", body=LONG))]) == one + 10


def test_what_stays_as_it_is_does_not_count() -> None:
    assert pages([Move(outgoing("m", body=LONG))]) == pages([Put(session())])
