"""What trips a breaker, in words: why it did, and how it is lifted.

A trip on a peer pauses that peer. One without a peer pauses what the agent sends by itself, to all;
the owner goes on.
"""

from typing import Literal

import msgspec

from agentmesh.protocol.ids import Amid

TripKind = Literal[
    "paused",
    "loop",
    "same_text",
    "burst",
    "unreadable_frames",
    "key_change",
    "peer_floods",
    "approvals",
]

_WHY: dict[TripKind, str] = {
    "paused": "You paused this peer.",
    "loop": "Your agent and this peer answered each other {count} times in {seconds} s.",
    "same_text": "Your agent wrote nearly the same to {count} peers in {seconds} s.",
    "burst": "Your agent sent {count} messages in {seconds} s.",
    "unreadable_frames": "{count} frames from this peer could not be read in {seconds} s.",
    "key_change": "This peer's key is not the one that you know.",
    "peer_floods": "This peer sent {count} messages in {seconds} s.",
    "approvals": "This peer made your agent ask you {count} times in {seconds} s.",
}


ALL_PEERS = Amid("")
"""What a trip is about that holds the agent, not a peer."""


class Trip(msgspec.Struct, frozen=True, kw_only=True):
    """A breaker that is on. There is one of a kind for a peer; `peer` is empty for all."""

    kind: TripKind
    peer: Amid = ALL_PEERS
    at: float
    count: int = 0
    seconds: int = 0

    @property
    def id(self) -> str:
        """What `breakers lift` takes."""
        return f"{self.kind}:{self.peer}" if self.peer else self.kind

    @property
    def why(self) -> str:
        """The reason, with its figures."""
        return _WHY[self.kind].format(count=self.count, seconds=self.seconds)

    @property
    def lift(self) -> str:
        """The command that lifts it."""
        if self.peer:
            return f"agentmesh resume {self.peer}"
        return f"agentmesh breakers lift {self.id}"
