"""Our key files follow our keys."""

from dataclasses import dataclass

from agentmesh.identity.keys import EXCHANGE, key_text
from agentmesh.storage.key_files import KeyFiles
from agentmesh.storage.open_keys import OpenKeys


@dataclass
class KeyFolder:
    """`keys/`, and what was last written there."""

    files: KeyFiles
    keys: OpenKeys

    def follow(self, exchange_key: bytes) -> None:
        """Say in the files which exchange key holds now, unless they say so already."""
        if self.keys.public.exchange_public_key != key_text(exchange_key, EXCHANGE):
            self.keys = self.files.exchange_key_rotated(self.keys, exchange_key)
