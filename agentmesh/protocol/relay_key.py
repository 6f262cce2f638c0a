"""A relay's key, on the line that its operator hands to a registry's.

wss://relay.example.org=ed25519:<base64>
"""

import base64
import binascii

import msgspec

from agentmesh.errors import UsageError
from agentmesh.protocol.ids import Amid, amid_of
from agentmesh.protocol.origin import origin_of
from agentmesh.protocol.signed import KEY_BYTES

_KIND = "ed25519:"


class RelayKey(msgspec.Struct, frozen=True):
    """Which relay signs under which public key."""

    origin: str
    key: bytes

    @property
    def amid(self) -> Amid:
        """The name under which the relay signs its requests."""
        return amid_of(self.key)

    def line(self) -> str:
        """Return the line."""
        return f"{self.origin}={_KIND}{base64.b64encode(self.key).decode()}"


def relay_key_in(line: str) -> RelayKey:
    """Return what a line says, or say how it is written."""
    origin, _, text = line.strip().partition("=")
    try:
        key = base64.b64decode(text.removeprefix(_KIND), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not text.startswith(_KIND) or len(key) != KEY_BYTES:
        raise UsageError(
            "invalid_relay_key",
            f"{line[:200]!r} is not a relay with its key.",
            "It is what `agentmesh-relay --show-key` prints: wss://relay.example.org=ed25519:...",
        )
    return RelayKey(origin_of(origin), key)
