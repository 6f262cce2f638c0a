"""What an agent wants to say is looked through for secrets, under the policy of the moment."""

from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from agentmesh.messages.body import Body
from agentmesh.messages.strict_json import read_json
from agentmesh.node.at_hand import AtHand
from agentmesh.node.turn import Wish
from agentmesh.policy.scrubber import compiled, findings


class Scrubber:
    """Knows our own keys, and what else the owner wants to see before it leaves."""

    def __init__(self, hand: AtHand) -> None:
        self._hand = hand

    def marked(self, body: Body, wish: Wish) -> Body:
        """Return a message with the kinds of secrets in it, or in its KNOCK."""
        words = (wish.note, wish.intent.category, wish.intent.subcategory, wish.intent.action)
        ring = self._hand.keys.ring
        own = (ring.identity.seed().reveal(), ring.exchange_private.reveal())
        owners = _ready(self._hand.policy().scrubber_patterns)
        found = findings([read_json(body.payload), *words], owners, own)
        return replace(body, secrets=found)


@lru_cache(maxsize=4)
def _ready(patterns: tuple[str, ...]) -> list[Any]:
    return compiled(patterns)
