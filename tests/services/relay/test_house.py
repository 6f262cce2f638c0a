from types import SimpleNamespace

from agentmesh_relay.connection import State
from agentmesh_relay.house import House
from agentmesh_relay.limits import Accounts, Kind, allowed
from agentmesh_relay.visibility import Visibility

from agentmesh.protocol.ids import Amid
from agentmesh.protocol.relay_frames import Acked, Presence
from tests.support.letters import ALICE, BOB, CAROL
from tests.support.world import FakeClock


class Guest(SimpleNamespace):
    """As much of a connection as a house looks at."""

    def __init__(self, amid: Amid) -> None:
        super().__init__(amid=amid, state=State.LIVE, inbox=[], visibility=Visibility())
        self.heard: list[object] = []
        self.visibility.publish(Presence(status="busy", visible_to=(ALICE,)))

    def say(self, frame: object) -> None:
        self.heard.append(frame)

    def part(self, code: str, message: str) -> None:
        self.heard.append(code)


class Full:
    """A house with one guest."""

    def __init__(self) -> None:
        self.clock, self.accounts = FakeClock(), Accounts(allowed(1, 1, 1))
        self.bob, self.left = Guest(BOB), list[object]()
        self.house = House(
            {BOB: self.bob},  # type: ignore[dict-item] # it is like one
            self.accounts,
            self.clock,
            lambda _letter, _say: None,
            self.left.append,
        )


def test_presence_is_told_to_those_alone_who_may_see_it() -> None:
    full = Full()
    assert full.house.asked(ALICE, BOB).status == "busy"
    assert full.house.asked(CAROL, BOB).status == "offline"
    assert full.house.asked(ALICE, CAROL).status == "offline"


def test_whoever_is_displaced_is_told_why_and_leaves() -> None:
    full = Full()
    full.house.displace(BOB)
    full.house.displace(CAROL)
    assert (full.bob.heard, full.left) == (["DISPLACED"], [full.bob])


def test_only_whoever_is_here_is_told_something() -> None:
    full = Full()
    full.house.told(BOB, Acked(ids=()))
    full.house.told(CAROL, Acked(ids=()))
    full.bob.state = State.CLAIMED
    full.house.told(BOB, Acked(ids=()))
    assert full.bob.heard == [Acked(ids=())]


def test_what_was_used_at_another_node_counts_here() -> None:
    full, other = Full(), Full()
    full.accounts.take(BOB, Kind.KNOCK, 1, full.clock.monotonic())
    other.clock.advance(1000)
    other.house.owe(BOB, full.house.owed(BOB))
    assert other.accounts.take(BOB, Kind.KNOCK, 1, 1000.0) > 0
    assert other.accounts.take(BOB, Kind.MESSAGE, 1, 1000.0) == 0
