from agentmesh_relay.cluster.directory import (
    ASK_AGAIN_SECONDS,
    MAX_NODES,
    SILENT_SECONDS,
    Directory,
)
from agentmesh_relay.cluster.words import NodeId

from tests.support.letters import ALICE, BOB

EAST, WEST = NodeId("east"), NodeId("west")


def test_the_greater_stamp_has_the_agent_whatever_comes_first() -> None:
    for stamps in (((EAST, 1), (WEST, 2)), ((WEST, 2), (EAST, 1))):
        directory = Directory()
        for node, stamp in stamps:
            directory.enter(node, BOB, stamp)
        assert (directory.where(BOB), directory.stamp(BOB)) == (WEST, 2)


def test_only_the_node_that_has_it_can_say_that_it_left() -> None:
    directory = Directory()
    directory.enter(EAST, BOB, 1)
    directory.leave(WEST, BOB)
    assert directory.where(BOB) == EAST
    directory.leave(EAST, BOB)
    assert (directory.where(BOB), directory.stamp(BOB)) == (None, 0)


def test_a_node_is_asked_once_and_again_only_after_a_while() -> None:
    directory = Directory()
    assert directory.must_ask(EAST, 3, 0, says_something=False)
    assert not directory.must_ask(EAST, 3, 1, says_something=False)
    assert directory.must_ask(EAST, 3, ASK_AGAIN_SECONDS, says_something=False)
    directory.end(EAST, 3)
    assert not directory.must_ask(EAST, 4, 10, says_something=True)
    assert not directory.must_ask(EAST, 4, 10, says_something=False)
    assert directory.must_ask(EAST, 6, 10, says_something=True)  # the fifth did not come


def test_a_silent_node_is_found_and_forgotten_with_its_agents() -> None:
    directory = Directory()
    directory.must_ask(EAST, 0, 0, says_something=False)
    directory.must_ask(WEST, 0, 3, says_something=False)
    directory.enter(EAST, BOB, 1)
    directory.enter(WEST, ALICE, 1)
    assert directory.silent(SILENT_SECONDS) == [EAST]
    directory.forget(EAST)
    assert (directory.where(BOB), directory.where(ALICE)) == (None, WEST)
    assert directory.nodes() == [WEST]


def test_there_is_no_place_for_more_nodes_than_a_bound() -> None:
    directory = Directory()
    for number in range(MAX_NODES):
        assert not directory.is_full(NodeId(str(number)))
        directory.must_ask(NodeId(str(number)), 0, 0, says_something=False)
    assert directory.is_full(EAST)
    assert not directory.is_full(NodeId("0"))
