from collections.abc import Callable

import pytest
from agentmesh_relay.abroad import Abroad
from agentmesh_relay.limits import Accounts, allowed
from agentmesh_relay.mailbox.interface import Letter
from agentmesh_relay.neighbours import Forwarded, Sends

from agentmesh.protocol.ids import Amid, FrameId
from agentmesh.protocol.relay_frames import Ack, Sent, encode
from tests.support.letters import ALICE, BOB, CAROL
from tests.support.relay_client import message
from tests.support.world import FakeClock

QUEUED = Sent(id=FrameId("1"), outcome="queued")


class Sender:
    """As much of a connection as is told something."""

    amid = ALICE

    def __init__(self) -> None:
        self.heard: list[object] = []

    def say(self, frame: object) -> None:
        self.heard.append(frame)

    def say_raw(self, data: bytes) -> None:
        self.heard.append(data)


class Others:
    """Another node, which has Bob."""

    def __init__(self) -> None:
        self.offers: list[tuple[Sends, Callable[[Sent | Forwarded | None], None]]] = []
        self.is_full = False

    def has(self, amid: Amid) -> bool:
        return amid == BOB

    def offer(self, sends: Sends, done: Callable[[Sent | Forwarded | None], None]) -> bool:
        if not self.is_full:
            self.offers.append((sends, done))
        return not self.is_full


class Way:
    """Everything together; three messages a minute."""

    def __init__(self) -> None:
        self.sender, self.others, self.taken = Sender(), Others(), list[Letter]()
        accounts = Accounts(allowed(3, 3, 1024 * 1024))
        self.abroad = Abroad({}, accounts, FakeClock(), lambda letter, _: self.taken.append(letter))
        self.abroad.neighbours = self.others  # type: ignore[assignment] # as much as is asked

    def carry(self, *ids: str, to: Amid = BOB) -> bool:
        group = [message(to, frame_id) for frame_id in ids]
        return self.abroad.carry(self.sender, group)  # type: ignore[arg-type] # it is like one


def test_what_is_for_another_node_goes_there_together_and_is_answered_at_once() -> None:
    way = Way()
    assert way.carry("1", "2")
    ((offered, told),) = way.others.offers
    assert (offered.sender, [send.id for send in offered.sends]) == (ALICE, ["1", "2"])
    told(Forwarded())
    (raw,) = way.sender.heard
    assert isinstance(raw, bytes)
    for frame_id in ("1", "2"):
        assert encode(Sent(id=FrameId(frame_id), outcome="forwarded")) in raw


def test_what_nobody_answers_for_goes_to_the_mailbox_and_the_rest_does_not() -> None:
    way = Way()
    way.carry("1", "2", "3")
    ((_, told),) = way.others.offers
    told(QUEUED)
    told(None)
    assert way.sender.heard == [QUEUED]
    assert [letter.id for letter in way.taken] == ["2", "3"]


@pytest.mark.parametrize("why", ["nobody has it", "twice the same", "beyond the limit", "full"])
def test_what_is_not_so_simple_is_left_and_costs_nothing(why: str) -> None:
    way = Way()
    way.others.is_full = why == "full"
    ids = {"twice the same": ("1", "1"), "beyond the limit": ("1", "2", "3", "4")}
    assert not way.carry(*ids.get(why, ("1",)), to=CAROL if why == "nobody has it" else BOB)
    way.others.is_full = False
    assert way.carry("1", "2", "3")


def test_other_frames_are_not_its_business() -> None:
    way = Way()
    assert not way.abroad.carry(way.sender, [Ack(deliveries=())])  # type: ignore[arg-type]
