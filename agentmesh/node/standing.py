"""Whether a peer still counts: what the directory says of it, or has said within the hour."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from agentmesh.discovery.interface import Found
from agentmesh.discovery.trust import Vouching
from agentmesh.errors import AgentMeshError, Refused, RemoteProtocolError, TransportError
from agentmesh.node.ahead import Answers
from agentmesh.node.consent.key_changes import REVOKED, KeyChanges
from agentmesh.policy.facts import KnockFacts, Record
from agentmesh.protocol.certificates.form import Certificate, read
from agentmesh.protocol.certificates.session import Bound, check_session
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.tiers import ANONYMOUS

NOBODY = Vouching(fact="none")


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What a peer shows: a chain, its session's certificate before it; and whose that has to be.

    `at` is when it was signed: a KNOCK may lie in a mailbox for longer than a
    session's certificate holds.
    """

    chain: tuple[bytes, ...]
    bound: Bound
    at: float


def must_wait(facts: KnockFacts) -> bool:
    """Whether too little is known to decide, and nobody could tell: a stranger, or old news."""
    if facts.is_blocked:
        return False
    if facts.record != "vouched":
        return facts.record == "unreachable"
    # Its tier and its ratings are the directory's to say.
    needs_word = ANONYMOUS not in facts.policy.accept_tiers or facts.policy.min_reputation > 0
    return needs_word or not (facts.is_contact or facts.is_allowlisted)


class Judge(Protocol):
    """Judges chains."""

    async def judge(self, chain: Sequence[bytes], amid: Amid) -> Vouching | None:
        """Return what became of a chain; None where no authority is known."""

    async def authority(self) -> Certificate | None:
        """Return the authority; None where none is known."""


class Standing:
    """Looks peers up.

    `vouches`: whether the directory's log, as it was an hour ago at most, had not taken a peer
    back. That will do for whom the owner knows, while the directory is away; nothing older does.
    """

    def __init__(
        self,
        directory: Answers,
        vouches: Callable[[Amid], bool],
        key_changes: KeyChanges,
        trust: Judge,
    ) -> None:
        self._directory = directory
        self._trust = trust
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

    async def vouching(self, peer: Amid, found: Found | None, shown: Shown | None) -> Vouching:
        """Return who vouches for a peer: by the chain it showed, else by the one that is listed.

        Where there is no authority, tiers are the registry's word, as they ever were.
        """
        listed = found.certificates if found else ()
        if shown is not None and shown.chain:
            return await self.shown(peer, shown) or await self._word_of(found)
        judged = await self._trust.judge(listed, peer) if listed else None
        if judged is None:
            return await self._word_of(found)
        return judged if shown is None or judged.fact == "valid" else NOBODY

    async def shown(self, peer: Amid, shown: Shown) -> Vouching | None:
        """Return who vouches for a peer by what it shows; None where no authority is known."""
        return await judged(self._trust, peer, shown)

    async def _word_of(self, found: Found | None) -> Vouching:
        if found is None or found.tier == ANONYMOUS:
            return NOBODY
        try:
            has_authority = await self._trust.authority() is not None
        except AgentMeshError:
            has_authority = True  # it cannot be asked now: its word alone does not do
        if has_authority:
            return NOBODY
        return Vouching(fact="none", tier=found.tier, organization=found.organization)


async def judged(judge: Judge, peer: Amid, shown: Shown) -> Vouching | None:
    """Return what became of what a peer shows; None where no authority is known."""
    session, *chain = shown.chain
    found = await judge.judge(chain, peer)
    if found is None or found.fact != "valid":
        return found
    try:
        until = check_session(session, shown.bound, read(chain[0]).contents.key, shown.at)
    except RemoteProtocolError as error:
        return Vouching(fact="expired" if error.code == "certificate_expired" else "invalid")
    return msgspec.structs.replace(found, session_until=until)
