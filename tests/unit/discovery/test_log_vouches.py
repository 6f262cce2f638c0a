"""What a log has said serves for an hour while its registry is away, and no longer."""

import pytest

from agentmesh.discovery.book import Memory
from agentmesh.discovery.log import RegistryLog
from agentmesh.errors import AgentMeshError
from agentmesh.protocol.limits import STANDING_SECONDS
from agentmesh.protocol.revocation import Revocation
from agentmesh.protocol.signed import Purpose
from agentmesh.protocol.transparency import RECORD, REVOCATION
from tests.support.fake_log import FakeLog
from tests.support.registrant import Registrant
from tests.support.world import FakeClock

PEER, OTHER = Registrant("peer"), Registrant("other")


def taken_back(agent: Registrant) -> Revocation:
    return Revocation(amid=agent.amid, reason="key_compromise", issuer="key", timestamp=1)


async def test_an_hour_long_and_after_a_restart_too() -> None:
    clock, memory = FakeClock(), Memory()
    log = FakeLog(clock)
    log.add(RECORD, PEER.amid, PEER.record())
    follower = RegistryLog(log.ask, clock, memory)
    assert not follower.vouches(PEER.amid), "nothing was read yet"
    await follower.follow()
    log.is_down = True
    clock.advance(STANDING_SECONDS - 1)
    again = RegistryLog(log.ask, clock, memory)
    await again.ready()
    assert follower.vouches(PEER.amid)
    assert again.vouches(PEER.amid)
    clock.advance(2)
    assert not follower.vouches(PEER.amid)
    assert not again.vouches(PEER.amid)


@pytest.mark.parametrize("seconds", [-400 * 86400, 400 * 86400])
async def test_a_clock_that_jumped_vouches_for_nobody(seconds: float) -> None:
    clock = FakeClock()
    follower = FakeLog(clock).follower()
    await follower.follow()
    clock.jump(seconds)
    assert not follower.vouches(PEER.amid)


async def test_not_for_who_was_taken_back_and_not_by_a_log_that_was_caught() -> None:
    clock = FakeClock()
    log = FakeLog(clock)
    log.add(REVOCATION, PEER.amid, PEER.signed(taken_back(PEER), Purpose.REVOCATION))
    follower = log.follower()
    await follower.follow()
    assert not follower.vouches(PEER.amid)
    assert follower.vouches(OTHER.amid)
    log.entries.clear()
    log.revocations.clear()
    with pytest.raises(AgentMeshError):
        await follower.follow()
    assert not follower.vouches(OTHER.amid)
