"""What a decision may look at. The node gathers it; nothing here is the sender's own word."""

from typing import Literal

import msgspec

from agentmesh.policy.document import Policy
from agentmesh.protocol.bounded import Status
from agentmesh.protocol.frames import Intent
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.tiers import ANONYMOUS

Certificate = Literal["none", "valid", "invalid", "expired", "revoked", "unchecked"]
"""What became of the sender's chain. `unchecked`: revocation data is stale or cannot be had."""

Record = Literal["found", "absent", "revoked", "vouched", "unreachable"]
"""Whether registry or DHT know the sender. `absent` only if a registry answered and does not;
`vouched` if none answers, but its log had not taken the sender back an hour ago at most."""


class KnockFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All there is to know about a KNOCK.

    `tier` and `organization` come from the certificate, or from a registry without an authority,
    `reputation` from the registry (0.5 while
    unrated; None if nobody could tell). `trust` is the contact's, 0 for a stranger.
    `is_successor`: it is to take a contact's place, and the owner has not decided yet.
    `knocks_last_minute` are those of this peer, this one included.
    """

    peer: Amid
    intent: Intent
    is_signature_valid: bool = True
    is_replayed: bool = False
    is_blocked: bool = False
    is_paused: bool = False
    presence: Status = "online"
    certificate: Certificate = "none"
    record: Record = "found"
    tier: float = ANONYMOUS
    organization: str = ""
    reputation: float | None = None
    trust: int = 0
    is_successor: bool = False
    knocks_last_minute: int = 1
    open_sessions: int = 0
    policy: Policy

    @property
    def is_contact(self) -> bool:
        """Whether the owner let this peer in before. A stranger whose keys we saw is none."""
        return self.trust >= 1

    @property
    def is_allowlisted(self) -> bool:
        """Whether the policy names this peer as welcome."""
        return self.peer in self.policy.allowlist
