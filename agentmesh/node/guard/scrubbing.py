"""What an agent wants to say is looked through for secrets, under the policy of the moment."""

from functools import lru_cache
from typing import Any

from msgspec.structs import replace

from agentmesh.errors import Refused
from agentmesh.messages.body import Body
from agentmesh.messages.strict_json import read_json
from agentmesh.node.at_hand import AtHand
from agentmesh.node.turn import Wish
from agentmesh.policy.scrubber import MAX_LETTERS, OWN_KEY, compiled, findings

OVERLAP = 4096
"""A secret in a file is not overlooked where one piece of it ends."""


class Scrubber:
    """Knows our own keys, and what else the owner wants to see before it leaves."""

    def __init__(self, hand: AtHand) -> None:
        self._hand = hand

    def marked(self, body: Body, wish: Wish) -> Body:
        """Return a message with the kinds of secrets in it, or in whatever else its KNOCK says."""
        intent = wish.intent
        about = (intent.category, intent.subcategory, intent.action, body.type, *wish.requires)
        return replace(body, secrets=self._found([read_json(body.payload), wish.note, *about]))

    def insist_on_none(self, words: str) -> None:
        """Raise if there is a secret in what an agent asks a registry."""
        if self._found(words):
            raise Refused(
                "secret_found",
                "This looks like a key, a token or a password; it is not sent to a registry.",
                "Ask for a category, such as travel/flights.",
            )

    def found_in(self, data: bytes) -> tuple[str, ...]:
        """Return the kinds of secrets in a file, whatever it is; it takes a while."""
        ring = self._hand.keys.ring
        raw = (ring.identity.seed().reveal(), ring.exchange_private.reveal())
        whole = {OWN_KEY} if any(key in data for key in raw) else set()
        text = data.decode(errors="replace")
        steps = range(0, len(text), MAX_LETTERS - OVERLAP)
        pieces = (text[at : at + MAX_LETTERS] for at in steps)
        return tuple(sorted(whole.union(*map(self._found, pieces))))

    def _found(self, said: object) -> tuple[str, ...]:
        ring = self._hand.keys.ring
        own = (ring.identity.seed().reveal(), ring.exchange_private.reveal())
        return findings(said, _ready(self._hand.policy().scrubber_patterns), own)


@lru_cache(maxsize=4)
def _ready(patterns: tuple[str, ...]) -> list[Any]:
    return compiled(patterns)
