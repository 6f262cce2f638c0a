"""What comes in and what goes out about the log and revocations, as JSON."""

from typing import Annotated

from msgspec import Meta

from agentmesh.protocol import limits
from agentmesh.protocol.transparency import Hashes, LogProof, Size
from agentmesh_registry.bodies import AmidText, Asked, Said, Signed64


class Revoke(Asked, frozen=True, kw_only=True):
    """Take an identity back, for good. `revocation` is Signed(Revocation).

    Where it names a successor, `record` is that one's Signed(AgentRecord): both are kept, or none.
    """

    revocation: Signed64
    record: Signed64 | None = None
    log_size: Size = 0


class Bulk(Asked, frozen=True, kw_only=True):
    """Which agents."""

    amids: Annotated[tuple[AmidText, ...], Meta(max_length=limits.PAGE)]


class KnownLog(Asked, frozen=True, kw_only=True):
    """How many entries of the log the asker knows."""

    log_size: Size = 0


class EntryOf(Asked, frozen=True, kw_only=True):
    """Entry `index`, to be proved in the tree of `size` entries."""

    index: Size
    size: Size


class Beginning(Asked, frozen=True, kw_only=True):
    """Two sizes of the log."""

    old: Size
    new: Size


class Entries(Asked, frozen=True, kw_only=True):
    """Entries from `start` on."""

    start: Size = 0
    limit: Annotated[int, Meta(ge=1, le=limits.LOG_PAGE)] = limits.LOG_PAGE


class RevocationView(Said, frozen=True, kw_only=True):
    """Whether an identity was taken back, by which Signed(Revocation), and what proves it."""

    amid: str
    revoked: bool
    revocation: bytes | None = None
    log: LogProof | None = None


class RevokedOnes(Said, frozen=True, kw_only=True):
    """Those of the agents in question that are revoked, each with its Signed(Revocation)."""

    revoked: dict[str, bytes]


class EntryProof(Said, frozen=True, kw_only=True):
    """An entry, and what proves that it is number `index` of `size`."""

    index: int
    size: int
    entry: bytes
    path: Hashes


class Consistency(Said, frozen=True, kw_only=True):
    """What proves that the log's first `old` entries begin its first `new`."""

    old: int
    new: int
    consistency: Hashes
