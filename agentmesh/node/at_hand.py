"""What every room of the node has at hand."""

from collections.abc import Callable
from dataclasses import dataclass

from agentmesh.node.key_rack import KeyRack
from agentmesh.node.notices import Bulletin
from agentmesh.node.switches import Switches
from agentmesh.policy.document import Policy
from agentmesh.protocol.world import Clock
from agentmesh.storage.interface import Store


@dataclass(frozen=True, kw_only=True)
class AtHand:
    """The store, our keys, the policy in force, the breakers, and where news are told."""

    store: Store
    keys: KeyRack
    policy: Callable[[], Policy]
    switches: Switches
    bulletin: Bulletin

    @property
    def clock(self) -> Clock:
        """The clock."""
        return self.keys.ring.clock
