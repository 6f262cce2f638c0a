"""The rooms that hold the agent and its peers, and how they are joined."""

from collections.abc import Iterator
from dataclasses import dataclass

from agentmesh.control.stop_flag import StopFlag
from agentmesh.daemon.parts import Part
from agentmesh.discovery.chain import Chain
from agentmesh.node.at_hand import AtHand
from agentmesh.node.conversations import Conversations
from agentmesh.node.errands import Errands
from agentmesh.node.guard.owner import Owner, Telling
from agentmesh.node.guard.scrubbing import Scrubber
from agentmesh.node.guard.sentry import Sentry
from agentmesh.node.guard.stop import Brakes, EmergencyStop
from agentmesh.node.guard.trips import Trips
from agentmesh.transport.switched import SwitchedTransport


@dataclass(frozen=True, kw_only=True)
class Guards:
    """Who holds what."""

    trips: Trips
    stop: EmergencyStop
    sentry: Sentry
    owner: Owner
    scrubber: Scrubber

    def parts(self) -> Iterator[Part]:
        """Yield what is started after the lanes and before anything leaves or comes."""
        yield self.trips
        yield self.stop
        yield self.owner


@dataclass(frozen=True, kw_only=True)
class Ways:
    """What leads out of this machine."""

    transport: SwitchedTransport
    directory: Chain
    errands: Errands


def guards(
    hand: AtHand, talks: Conversations, ways: Ways, flag: StopFlag, telling: Telling
) -> Guards:
    """Return the guards of these rooms."""
    owner = Owner(hand, telling)
    brakes = Brakes(
        cut=(ways.transport.cut, ways.errands.hold, ways.directory.cut, owner.cut),
        free=(ways.directory.mend, ways.errands.go_on),
        flag=flag,
        hook=telling.run,
    )
    trips = Trips(hand)
    return Guards(
        trips=trips,
        stop=EmergencyStop(hand, talks, brakes),
        sentry=Sentry(hand, trips),
        scrubber=Scrubber(hand),
        owner=owner,
    )
