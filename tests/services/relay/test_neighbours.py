import pytest
from agentmesh_relay.neighbours import Alone

from agentmesh.protocol.relay_frames import Acked
from tests.support.letters import ALICE, BOB, sends


def test_a_relay_alone_lets_everybody_in_at_once_and_passes_nothing_on() -> None:
    alone, entered = Alone(), list[str]()
    alone.enter(BOB, lambda: entered.append("bob"))
    assert entered == ["bob"]
    assert not alone.has(BOB)
    assert not alone.offer(sends(1), pytest.fail)
    assert not alone.ask(ALICE, BOB, pytest.fail)
    alone.tell(BOB, Acked(ids=()))
    alone.leave(BOB, ())
    alone.look()
