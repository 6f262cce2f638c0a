"""The key under which a registry knows this relay: made when it is first needed."""

from pathlib import Path

from nacl.signing import SigningKey

from agentmesh.errors import StorageError, UsageError
from agentmesh.observability.private_file import write_once
from agentmesh.protocol.ids import Amid, amid_of
from agentmesh.protocol.relay_key import RelayKey
from agentmesh.protocol.signed import KEY_BYTES, Purpose, signing_bytes
from agentmesh.protocol.world import Entropy
from agentmesh_relay.config import Config


class Identity:
    """Signs, and never hands out its key."""

    def __init__(self, key: SigningKey) -> None:
        self._key = key
        self.amid: Amid = amid_of(self.public_key)

    @property
    def public_key(self) -> bytes:
        """The public half."""
        return bytes(self._key.verify_key)

    def sign_bytes(self, payload: bytes, purpose: Purpose) -> bytes:
        """Return the bare signature."""
        return self._key.sign(signing_bytes(purpose, payload)).signature


def opened(path: Path, entropy: Entropy) -> Identity:
    """Return the identity in this file; if there is no file, make it."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            write_once(path, entropy(KEY_BYTES))
        seed, mode = path.read_bytes(), path.stat().st_mode
    except OSError as error:
        raise StorageError(
            "identity_unreadable",
            f"The relay's key cannot be read or made in {path}: {error.strerror}.",
            "Name another file: --identity FILE",
        ) from None
    if len(seed) != KEY_BYTES:
        raise UsageError(
            "identity_malformed",
            f"{path} holds no key: it has {len(seed)} bytes, and a key has {KEY_BYTES}.",
            "Remove it: a new one is made, and the registry's operator needs its --show-key.",
        )
    if mode & 0o077:
        raise UsageError(
            "identity_open", f"Others can read the relay's key in {path}.", f"chmod 600 {path}"
        )
    return Identity(SigningKey(seed))


def line_of(config: Config, entropy: Entropy) -> str:
    """Return what the operator of a registry has to know of this relay."""
    if config.origin is None and not config.listen.port:
        raise UsageError(
            "origin_missing",
            "A relay on any free port has no name yet.",
            "Say how agents reach it: --origin wss://relay.example.org",
        )
    key = opened(config.identity, entropy).public_key
    return RelayKey(config.origin_at(config.listen.port), key).line()
