"""The room for files, and how it is joined."""

from agentmesh.daemon.config import Config
from agentmesh.node.at_hand import AtHand
from agentmesh.node.files.arrivals import Arrivals
from agentmesh.node.files.departures import Departures
from agentmesh.node.files.room import Files
from agentmesh.node.files.transfers import Transfers
from agentmesh.node.files.ways import Ways
from agentmesh.storage.quarantine import Quarantine


def room_for_files(config: Config, hand: AtHand, ways: Ways) -> Files:
    """Return the room for the files of this home."""
    transfers = Transfers(hand)
    departures = Departures(hand, transfers, ways, config.home)
    arrivals = Arrivals(hand, transfers, ways, Quarantine(config.home))
    return Files(hand, transfers, departures, arrivals)
