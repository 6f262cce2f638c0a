"""`keys/`: making our long-term keys, opening them, and moving them to a safer place.

`identity.sealed` is the truth; `identity.json` repeats its public side for people and programs, and
is written again when it is missing. Keys that exist are never overwritten.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import msgspec

from agentmesh.crypto import x25519
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.vault import MODERATE, Cost
from agentmesh.errors import IntegrityError, NeedsOwner, StorageError, UsageError
from agentmesh.identity.keys import (
    EXCHANGE,
    Identity,
    PublicIdentity,
    key_text,
    public_identity,
)
from agentmesh.protocol.world import Clock, Entropy
from agentmesh.storage import key_sealing
from agentmesh.storage.draft_keys import PUBLIC, PUBLIC_BYTES, refuse_draft
from agentmesh.storage.key_access import (
    check_directory,
    make_private_directory,
    only_writer,
    read_private,
    write_private,
)
from agentmesh.storage.key_keyring import Keyring, SystemKeyring
from agentmesh.storage.key_passphrase import needed
from agentmesh.storage.key_sealing import Lock, SavedKeys, SealedKeys, Storage
from agentmesh.storage.open_keys import OpenKeys

Choice = Literal["auto", "keyring", "passphrase", "file"]

SEALED = "identity.sealed"


@dataclass(frozen=True, kw_only=True)
class Means:
    """What there is to make and open keys with."""

    clock: Clock
    entropy: Entropy
    passphrase: Secret | None = None
    keyring: Keyring = field(default_factory=SystemKeyring)
    cost: Cost = MODERATE
    framework: tuple[str, str] = ("", "")


class KeyFiles:
    """The files in one home's `keys/`."""

    def __init__(self, directory: Path, means: Means) -> None:
        self._directory = directory
        self._means = means

    def exist(self) -> bool:
        """Whether there are keys; they need not be readable."""
        return (self._directory / SEALED).is_symlink() or (self._directory / SEALED).exists()

    def ensure(self, choice: Choice = "auto") -> OpenKeys:
        """Return our keys: made now if there are none, moved if `choice` names another storage."""
        make_private_directory(self._directory)
        check_directory(self._directory)
        with only_writer(self._directory):
            if not self.exist():
                refuse_draft(self._directory)
                return self._create(choice, Identity.make(self._means.entropy), None)
            keys = self._open()
            if choice == "auto" or choice == keys.storage:  # noqa: PLR1714 - mypy narrows this one
                return keys
            return self._move(keys, choice)

    def adopt(self, seed: Secret | None, created_at: float | None, choice: Choice) -> OpenKeys:
        """Make the files for a signing key from elsewhere (None: a new one); never over others."""
        make_private_directory(self._directory)
        check_directory(self._directory)
        with only_writer(self._directory):
            if self.exist():
                raise _exists()
            identity = Identity.make(self._means.entropy) if seed is None else Identity(seed)
            return self._create(choice, identity, created_at)

    def open(self) -> OpenKeys:
        """Return the keys that exist, or say in a code what keeps them closed."""
        if not self.exist():
            raise UsageError(
                "keys_missing", "There are no keys yet.", "Make them: agentmesh up, or keygen."
            )
        check_directory(self._directory)
        with only_writer(self._directory):
            return self._open()

    def restore(self, saved: SavedKeys, choice: Choice) -> OpenKeys:
        """Keep the keys of a backup, where there are none yet."""
        make_private_directory(self._directory)
        check_directory(self._directory)
        with only_writer(self._directory):
            if self.exist():
                raise _exists()
            identity, master = Identity(Secret(saved.seed)), Secret(saved.master)
            if choice in ("auto", "keyring"):
                self._refuse_another(master, identity.amid)
            return self._keep((identity, master, None), choice, saved.created_at)

    def succeed(self, keys: OpenKeys, identity: Identity, created_at: float) -> OpenKeys:
        """Put another identity in ours' place, or nothing. The master stays: all hangs on it."""
        kept = self._means.keyring
        with only_writer(self._directory):
            sealed = self._sealed()
            if sealed.lock.storage == "keyring":
                kept.write(identity.amid, keys.master)
            framework = (keys.public.framework, keys.public.framework_version)
            fresh = replace(
                keys,
                identity=identity,
                public=public_identity(identity.public_key, None, created_at, framework),
                created=False,
                first_exchange=None,
            )
            box = self._box(fresh, None)
            self._write_sealed(
                msgspec.structs.replace(sealed, amid=identity.amid, created_at=created_at, box=box)
            )
            self._write_public(fresh.public)
            if sealed.lock.storage == "keyring":
                kept.erase(keys.identity.amid)
        return fresh

    def exchange_key_rotated(self, keys: OpenKeys, public_key: bytes) -> OpenKeys:
        """Say in `identity.json` which exchange key holds now; the store keeps its private half.

        The first one is erased from the sealed file as soon as another took its place.
        """
        public = msgspec.structs.replace(
            keys.public, exchange_public_key=key_text(public_key, EXCHANGE)
        )
        with only_writer(self._directory):
            first = keys.first_exchange
            if first is not None and x25519.public_key(first) != public_key:
                box = self._box(keys, None)
                self._write_sealed(msgspec.structs.replace(self._sealed(), box=box))
                first = None
            self._write_public(public)
        return replace(keys, public=public, first_exchange=first)

    def _create(self, choice: Choice, identity: Identity, created_at: float | None) -> OpenKeys:
        entropy = self._means.entropy
        made = (identity, key_sealing.new_master(entropy), x25519.generate(entropy))
        return self._keep(
            made, choice, self._means.clock.now() if created_at is None else created_at
        )

    def _keep(
        self, made: tuple[Identity, Secret, Secret | None], choice: Choice, created_at: float
    ) -> OpenKeys:
        """Write keys down for the first time: identity, master, first exchange key."""
        identity, master, first = made
        means = self._means
        lock = self._lock(choice, master, identity.amid)
        exchange = x25519.public_key(first) if first else None
        keys = OpenKeys(
            identity=identity,
            public=public_identity(identity.public_key, exchange, created_at, means.framework),
            storage=lock.storage,
            created=True,
            first_exchange=first,
            master=master,
        )
        box = self._box(keys, first)
        try:
            self._write_sealed(
                SealedKeys(amid=identity.amid, created_at=created_at, lock=lock, box=box)
            )
        except StorageError:
            if lock.storage == "keyring":
                means.keyring.erase(identity.amid)
            raise
        self._write_public(keys.public)
        return keys

    def _open(self) -> OpenKeys:
        sealed = self._sealed()
        master = self._unlock(sealed)
        seed, first = key_sealing.open_keys(master, sealed)
        identity = Identity(seed)
        if identity.amid != sealed.amid:
            raise key_sealing.damaged()
        return OpenKeys(
            identity=identity,
            public=self._public(identity, sealed, first),
            storage=sealed.lock.storage,
            first_exchange=first,
            master=master,
        )

    def _move(self, keys: OpenKeys, storage: Storage) -> OpenKeys:
        """Keep the master another way. It stays the same: all that is sealed hangs on it."""
        lock = self._lock(storage, keys.master, keys.identity.amid)
        self._write_sealed(msgspec.structs.replace(self._sealed(), lock=lock))
        if keys.storage == "keyring":
            self._means.keyring.erase(keys.identity.amid)
        return replace(keys, storage=lock.storage)

    def _lock(self, choice: Choice, master: Secret, name: str) -> Lock:
        """Return how the master is kept from now on. Only `auto` may take the next best."""
        if choice in ("auto", "keyring"):
            try:
                self._means.keyring.write(name, master)
                return Lock(storage="keyring")
            except UsageError:
                if choice == "keyring":
                    raise
        if choice == "passphrase" or (choice == "auto" and self._means.passphrase is not None):
            return key_sealing.lock_with_passphrase(
                master, self._passphrase(), self._means.entropy, self._means.cost
            )
        return Lock(storage="file", held=master.reveal())

    def _refuse_another(self, master: Secret, name: str) -> None:
        """Refuse to take the place of what opens another home of this agent."""
        try:
            found = self._means.keyring.read(name)
        except UsageError:
            return  # there is no keyring
        if found is not None and found != master:
            raise UsageError(
                "keyring_entry_exists",
                "The system's keyring holds the key to another home of this agent.",
                "Keep this one's elsewhere: --key-storage passphrase",
            )

    def _unlock(self, sealed: SealedKeys) -> Secret:
        match sealed.lock.storage:
            case "passphrase":
                return key_sealing.unlock_with_passphrase(sealed.lock, self._passphrase())
            case "keyring":
                return self._from_keyring(sealed.amid)
            case "file":
                return key_sealing.kept_master(sealed.lock)

    def _from_keyring(self, name: str) -> Secret:
        try:
            master = self._means.keyring.read(name)
        except UsageError as error:
            raise NeedsOwner(
                error.code, error.message, "Unlock the keyring (log in) and start again."
            ) from None
        if master is None:
            raise IntegrityError(
                "keyring_entry_missing",
                "The system's keyring no longer holds the key to our keys.",
                "Restore a backup: agentmesh restore FILE.",
            )
        return master

    def _passphrase(self) -> Secret:
        if self._means.passphrase is None:
            raise needed()
        return self._means.passphrase

    def _box(self, keys: OpenKeys, first: Secret | None) -> bytes:
        inside = (keys.identity.seed(), first)
        return key_sealing.seal_keys(keys.master, keys.identity.amid, inside, self._means.entropy)

    def _sealed(self) -> SealedKeys:
        return key_sealing.decode(read_private(self._directory / SEALED, key_sealing.MAX_BYTES))

    def _write_sealed(self, sealed: SealedKeys) -> None:
        write_private(self._directory / SEALED, key_sealing.encode(sealed), self._means.entropy)

    def _public(
        self, identity: Identity, sealed: SealedKeys, first: Secret | None
    ) -> PublicIdentity:
        """Return what `identity.json` says; a missing, damaged or foreign one is written anew."""
        path = self._directory / PUBLIC
        try:
            public = msgspec.json.decode(read_private(path, PUBLIC_BYTES), type=PublicIdentity)
            if public.signing_key() == identity.public_key:
                return public
        except (IntegrityError, msgspec.MsgspecError, UnicodeDecodeError):
            pass
        key = x25519.public_key(first) if first else None
        public = public_identity(identity.public_key, key, sealed.created_at, self._means.framework)
        self._write_public(public)
        return public

    def _write_public(self, public: PublicIdentity) -> None:
        text = msgspec.json.format(msgspec.json.encode(public), indent=2) + b"\n"
        write_private(self._directory / PUBLIC, text, self._means.entropy)


def _exists() -> UsageError:
    return UsageError("identity_exists", "There are keys here: they are not replaced.")
