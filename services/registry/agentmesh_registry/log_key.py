"""The key that signs the log's heads: a file apart from the database, made on the first start.

A log is known by its key. Agents remember it, so it is never replaced silently: a database and a
key that do not belong together do not start.
"""

from pathlib import Path

from nacl.signing import SigningKey

from agentmesh.errors import StorageError, UsageError
from agentmesh.observability.private_file import write_once
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.merkle import Frontier
from agentmesh.protocol.revocation import Revocation, RevocationReason
from agentmesh.protocol.signed import KEY_BYTES, Purpose, Signed, sign
from agentmesh.protocol.transparency import TreeHead
from agentmesh.protocol.world import Clock, Entropy


class HeadSigner:
    """Signs how the log stands. A head serves all who ask within the same second."""

    def __init__(self, key: SigningKey, clock: Clock) -> None:
        self._key = key
        self.clock = clock
        self._last: tuple[tuple[int, int, int], Signed] | None = None

    @property
    def public_key(self) -> bytes:
        """The public key by which this log is known."""
        return bytes(self._key.verify_key)

    def revocation(self, amid: Amid, reason: RevocationReason, note: str) -> Signed:
        """Return the registry's own word that an identity counts no more."""
        said = Revocation(
            amid=amid,
            reason=reason,
            issuer="registry",
            timestamp=int(self.clock.now() * 1000),
            note=note,
        )
        return sign(said, Purpose.REVOCATION, self._key)

    def head(self, entries: Frontier, revocations: Frontier) -> Signed:
        """Return a head of these trees, signed."""
        now = int(self.clock.now())
        moment = (entries.size, revocations.size, now)
        if self._last is None or self._last[0] != moment:
            head = TreeHead(
                size=entries.size,
                root=entries.stand.root,
                revocations=revocations.size,
                revocations_root=revocations.stand.root,
                timestamp=now * 1000,
            )
            self._last = moment, sign(head, Purpose.TREE_HEAD, self._key)
        return self._last[1]


def open_key(path: Path, entropy: Entropy) -> SigningKey:
    """Return the key in this file; if there is no file, make it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_once(path, entropy(KEY_BYTES))
        seed, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise StorageError(
            "log_key_unreadable",
            f"The key of the log cannot be read or made in {path}: {error.strerror}.",
            "Name another file: --log-key /path/to/log.key",
        ) from None
    if len(seed) != KEY_BYTES:
        raise UsageError(
            "log_key_malformed",
            f"{path} holds no key: it has {len(seed)} bytes, and a key has {KEY_BYTES}.",
            "Put the file back from a backup; without it agents believe this log no more.",
        )
    if mode & 0o077:
        raise UsageError(
            "log_key_open", f"Others can read the key of the log in {path}.", f"chmod 600 {path}"
        )
    return SigningKey(seed)
