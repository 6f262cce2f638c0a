"""Whether a peer still counts: what the directory says of it, or has said within the hour."""

from collections.abc import Callable

from agentmesh.discovery.interface import Directory, Found
from agentmesh.errors import AgentMeshError, Refused, TransportError
from agentmesh.node.consent.key_changes import REVOKED, KeyChanges
from agentmesh.policy.facts import KnockFacts, Record
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.tiers import ANONYMOUS


def must_wait(facts: KnockFacts) -> bool:
    """Whether too little is known to decide, and nobody could tell: a stranger, or old news."""
    if facts.is_blocked:
        return False
    if facts.record != "vouched":
        return facts.record == "unreachable"
    # Its tier and its ratings are the directory's to say.
    needs_word = ANONYMOUS not in facts.policy.accept_tiers or facts.policy.min_reputation > 0
    return needs_word or not (facts.is_contact or facts.is_allowlisted)


class Standing:
    """Looks peers up.

    `vouches`: whether the directory's log, as it was an hour ago at most, had not taken a peer
    back. That will do for whom the owner knows, while the directory is away; nothing older does.
    """

    def __init__(
        self, directory: Directory, vouches: Callable[[Amid], bool], key_changes: KeyChanges
    ) -> None:
        self._directory = directory
        self._vouches = vouches
        self.succession = key_changes.succession

    async def of(self, peer: Amid) -> tuple[Found | None, Record]:
        """Return who that is, and how we know."""
        try:
            return await self._directory.lookup(peer), "found"
        except Refused as error:
            return None, "revoked" if error.code == REVOKED else "absent"
        except TransportError:
            return None, "vouched" if self._vouches(peer) else "unreachable"
        except AgentMeshError:
            return None, "unreachable"  # it lies: what it has said before counts no more
