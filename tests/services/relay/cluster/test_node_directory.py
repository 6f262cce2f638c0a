"""Whatever happens, in the end one node has an agent, and all know which."""

from collections.abc import Callable

from agentmesh_relay.cluster.node import RELEASE_SECONDS
from hypothesis import given, settings
from hypothesis import strategies as st

from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import Sent
from tests.support.letters import BOB, CAROL
from tests.support.nodes import Air, Node, nothing, second
from tests.support.world import FakeClock

FORWARDED = Sent(id=FrameId("1"), outcome="forwarded")
OWES = (1.0, 2.0, 0.0, 0.0, 0.0)


async def test_an_agent_that_comes_to_another_node_leaves_the_first_with_what_it_owes(
    air: Air, east: Node, west: Node
) -> None:
    east.node.enter(BOB, nothing)
    east.house.debts[BOB] = OWES
    await air.carry()
    entered: list[str] = []
    west.node.enter(BOB, lambda: entered.append("bob"))
    assert entered == []  # the other node has it still
    await air.carry()
    assert (entered, east.house.displaced) == (["bob"], [BOB])
    assert west.house.debts[BOB] == OWES
    assert east.node.directory.where(BOB) == "west"
    assert west.node.directory.where(BOB) is None


async def test_an_agent_that_the_other_node_has_no_more_is_let_in_as_soon_as_it_says_so(
    air: Air, east: Node, west: Node
) -> None:
    east.node.enter(BOB, nothing)
    await air.carry()
    east.house.debts[BOB] = OWES
    east.node.leave(BOB, ())  # the word of it and the agent are under way at once
    entered: list[str] = []
    west.node.enter(BOB, lambda: entered.append("bob"))
    await air.carry()
    assert entered == ["bob"]
    assert west.house.debts[BOB] == OWES


async def test_an_agent_waits_for_a_node_that_says_nothing_but_not_for_long(
    air: Air, clock: FakeClock, east: Node, west: Node
) -> None:
    east.node.enter(BOB, nothing)
    await air.carry()
    east.link.is_up = False
    entered: list[str] = []
    west.node.enter(BOB, lambda: entered.append("bob"))
    for _ in range(int(RELEASE_SECONDS)):
        assert entered == []
        await second(air, clock, west)
    assert entered == ["bob"]


async def test_of_two_nodes_that_are_entered_at_once_one_keeps_the_agent(
    air: Air, east: Node, west: Node
) -> None:
    east.node.enter(BOB, nothing)
    west.node.enter(BOB, nothing)
    await air.carry()
    assert east.house.displaced + west.house.displaced == [BOB]
    assert east.node.is_here(BOB) != west.node.is_here(BOB)


async def test_a_node_that_comes_later_learns_who_is_there(
    air: Air, clock: FakeClock, east: Node
) -> None:
    for number in range(4500):
        east.node.enter(Amid(f"agent{number}"), nothing)
    await air.carry()
    late = Node(air, "late", clock)
    await second(air, clock, east, late)
    assert len(late.node.directory) == 4500


async def test_news_that_were_missed_are_asked_for(
    air: Air, clock: FakeClock, east: Node, west: Node
) -> None:
    await second(air, clock, east, west)
    west.link.is_up = False
    east.node.enter(BOB, nothing)
    east.node.enter(CAROL, nothing)
    east.node.leave(CAROL, ())
    await air.carry()
    west.link.is_up = True
    for _ in range(3):
        await second(air, clock, east, west)
    assert west.node.directory.where(BOB) == "east"
    assert west.node.directory.where(CAROL) is None


async def test_an_agent_that_came_in_at_both_while_nats_was_away_ends_at_the_later_one(
    air: Air, clock: FakeClock, east: Node, west: Node
) -> None:
    await second(air, clock, east, west)
    for node in (east, west):
        node.link.fall()
        clock.advance(0.5)
        node.node.enter(BOB, nothing)
    await air.carry()
    for node in (east, west):
        node.link.rise()
    for _ in range(3):
        await second(air, clock, east, west)
    assert (east.house.displaced, west.house.displaced) == ([BOB], [])
    assert east.node.directory.where(BOB) == "west"


Step = tuple[str, str]
STEPS = st.lists(
    st.tuples(st.sampled_from(["enter", "leave", "second", "fall", "rise"]), st.sampled_from("ew")),
    max_size=30,
)


@given(STEPS)
@settings(max_examples=40)
async def test_whatever_happens_in_the_end_one_node_has_the_agent_and_the_other_knows(
    steps: list[Step],
) -> None:
    air, clock = Air(), FakeClock()
    nodes = {"e": Node(air, "east", clock), "w": Node(air, "west", clock)}
    does: dict[str, Callable[[Node], None]] = {
        "enter": lambda node: node.node.enter(BOB, nothing),
        "leave": lambda node: node.node.leave(BOB, ()),
        "fall": lambda node: node.link.fall(),
        "rise": lambda node: node.link.rise(),
    }
    for step, name in steps:
        if step == "second":
            await second(air, clock, *nodes.values())
        else:
            does[step](nodes[name])
    for node in nodes.values():
        node.link.rise()
    for _ in range(4):
        await second(air, clock, *nodes.values())
    here = {name: node.node.is_here(BOB) for name, node in nodes.items()}
    assert sum(here.values()) <= 1
    assert nodes["e"].node.directory.where(BOB) == ("west" if here["w"] else None)
    assert nodes["w"].node.directory.where(BOB) == ("east" if here["e"] else None)
