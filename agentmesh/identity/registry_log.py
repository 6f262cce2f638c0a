"""What we believe of a registry's log: that it only grows, and is the same for everybody.

The first head that a registry shows is taken as it is, with its key. From then on every head has
to be signed by that key, to be fresh, and to have the last one as its beginning.
"""

import msgspec

from agentmesh.errors import RemoteProtocolError
from agentmesh.protocol.limits import LOG_HEAD_MAX_AGE, SIGNATURE_MAX_AHEAD
from agentmesh.protocol.merkle import consistent, included, leaf_hash
from agentmesh.protocol.signed import Signed
from agentmesh.protocol.transparency import (
    LogEntry,
    LogProof,
    TreeHead,
    read_entry,
    read_head,
)

EVIDENT = frozenset({"log_forked", "log_rolled_back", "log_key_changed", "log_missing"})
"""The faults after which nothing of this registry is believed until the owner has looked."""


class LogFault(RemoteProtocolError):
    """The log is not what it has to be. `heads`: what shows it, if heads do."""

    def __init__(self, code: str, message: str, heads: tuple[Signed, ...] = ()) -> None:
        super().__init__(
            code, f"The registry's log {message}.", "See what is known of it: agentmesh registry"
        )
        self.heads = heads


class KnownHead(msgspec.Struct, frozen=True):
    """A head whose signature was checked."""

    signed: Signed
    tree: TreeHead

    @property
    def key(self) -> bytes:
        """The key by which its log is known."""
        return self.signed.signer


def known_head(signed: Signed) -> KnownHead:
    """Return a head with a good signature, or raise `log_head_invalid`."""
    try:
        return KnownHead(signed, read_head(signed))
    except RemoteProtocolError as error:
        raise LogFault(error.code, "shows a head that its key did not sign") from None


def check_fresh(head: KnownHead, now: float) -> None:
    """Raise `log_head_stale` for a head of long ago, or of the future."""
    age = now - head.tree.timestamp / 1000
    if not -SIGNATURE_MAX_AHEAD <= age <= LOG_HEAD_MAX_AGE:
        raise LogFault("log_head_stale", f"shows a head of {age:.0f} seconds ago")


def check_successor(old: KnownHead, new: KnownHead, path: tuple[bytes, ...]) -> None:
    """Raise if the new head is not the same log, grown (or the same still)."""
    heads = (old.signed, new.signed)
    if new.key != old.key:
        raise LogFault("log_key_changed", "is signed by another key than before", heads)
    if new.tree.size < old.tree.size or new.tree.revocations < old.tree.revocations:
        raise LogFault("log_rolled_back", "is shorter than it was", heads)
    if not consistent(old.tree.entries_stand, new.tree.entries_stand, path):
        raise LogFault("log_forked", "has another history than it had", heads)
    is_same = new.tree.revocations_root == old.tree.revocations_root
    if new.tree.revocations == old.tree.revocations and not is_same:
        raise LogFault("log_forked", "has other revocations than it had", heads)


def proved_entry(proof: LogProof, head: KnownHead) -> LogEntry:
    """Return the entry that a proof is about, if it is in the log as this head has it."""
    leaf = leaf_hash(proof.entry)
    if not included(leaf, proof.index, head.tree.size, proof.path, head.tree.root):
        raise LogFault("log_proof_invalid", "does not hold what the registry says it holds")
    return entry_in(proof.entry)


def entry_in(data: bytes) -> LogEntry:
    """Return an entry, or raise `log_entry_malformed`."""
    try:
        return read_entry(data)
    except RemoteProtocolError as error:
        raise LogFault(error.code, "has an entry of no form") from None
