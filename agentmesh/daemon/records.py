"""What calls about records need: the same in a running daemon, and in a home without one."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from agentmesh.crypto.secret import Secret
from agentmesh.identity.keys import Identity
from agentmesh.node.journal import Journal
from agentmesh.node.peers import Peers
from agentmesh.observability.audit import AuditLog
from agentmesh.observability.audit_line import Head
from agentmesh.observability.transcript_shelf import Shelf
from agentmesh.observability.transcripts import Transcripts
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.storage.key_sealing import SavedKeys
from agentmesh.storage.open_keys import OpenKeys


class Standing(NamedTuple):
    """Where the audit log stands, and what is not in it: yet, or for ever."""

    head: Head
    waiting: int = 0
    lost: int = 0


@dataclass(frozen=True, kw_only=True)
class Records:
    """The owner's records.

    `audit` is asked for where something is written down: opening the log for that mends it.
    """

    home: Path
    identity: Identity
    audit_key: Secret
    keys: Callable[[], SavedKeys]
    audit: Callable[[], AuditLog]
    standing: Callable[[], Awaitable[Standing]]
    transcripts: Transcripts
    shelf: Shelf
    clock: Clock
    entropy: Entropy
    find: Callable[[str], Awaitable[Amid]]
    name_of: Callable[[Amid], Awaitable[str]]

    @property
    def logs(self) -> Path:
        """Where the audit log lies."""
        return self.home / "logs"

    async def peer(self, text: str) -> Amid | None:
        """Return the peer that is meant; nobody in particular if nothing is said."""
        return await self.find(text) if text else None


def records_of(
    keys: OpenKeys, journal: Journal, peers: Peers, world: tuple[Path, Clock, Entropy]
) -> Records:
    """Return the records of a running daemon; `world` is its home, clock and entropy."""
    home, clock, entropy = world

    async def standing() -> Standing:
        await asyncio.to_thread(journal.audit.flush)
        condition = journal.audit.condition()
        return Standing(journal.audit.head(), condition.waiting, condition.lost)

    async def name_of(peer: Amid) -> str:
        row = await peers.row(peer)
        return (row.alias or row.name) if row else ""

    return Records(
        home=home,
        identity=keys.identity,
        audit_key=keys.audit_key(),
        keys=keys.saved,
        audit=lambda: journal.audit,
        standing=standing,
        transcripts=journal.transcripts,
        shelf=Shelf(journal.transcripts, clock),
        clock=clock,
        entropy=entropy,
        find=peers.find,
        name_of=name_of,
    )
