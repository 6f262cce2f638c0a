"""In which of its host's sessions the agent acts. A token says so, which this daemon drew.

A host that gives each peer a session of its own hands a token on with each call from there. A token
is worth less than none to whoever is not in that session: it opens one peer's messages, and a way
to that peer alone. Without a valid one, whatever was read anywhere counts.
"""

import hashlib
import hmac
from dataclasses import dataclass

from agentmesh.errors import NotPermitted
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Entropy

KEY_BYTES = 32
MAC_BYTES = 16
_OWNERS = "owner"


@dataclass(frozen=True)
class Setting:
    """Where the agent acts: in a peer's own session, in its owner's, or nobody knows where."""

    peer: Amid | None = None
    is_owners: bool = False

    def is_reached_from(self, other: "Setting") -> bool:
        """Whether what was read in the other setting may move the agent in this one."""
        return self in {UNKNOWN, other} or (self.is_owners and other == UNKNOWN)

    def is_about(self, peer: Amid) -> bool:
        """Whether this peer's messages, and what is kept on it, belong here."""
        return self.peer in {None, peer}

    def insist_on(self, peer: Amid) -> None:
        """Raise if this peer is none of this session's business."""
        if not self.is_about(peer):
            raise NotPermitted(
                "other_context",
                "This session is for one peer alone, and that is another's.",
                "The owner's own session can look at it.",
            )


UNKNOWN = Setting()
OWNERS = Setting(is_owners=True)


class Contexts:
    """Makes tokens, and reads them. They are good until the daemon ends."""

    def __init__(self, entropy: Entropy) -> None:
        self._key = entropy(KEY_BYTES)

    def token(self, setting: Setting) -> str:
        """Return the token of a setting."""
        name = setting.peer or (_OWNERS if setting.is_owners else "")
        return f"{name}.{self._mac(name)}"

    def setting(self, token: str) -> Setting:
        """Return what a token says; one that we did not draw says nothing."""
        name, _, mac = token.partition(".")
        if not name or not hmac.compare_digest(mac.encode(), self._mac(name).encode()):
            return UNKNOWN
        return OWNERS if name == _OWNERS else Setting(peer=Amid(name))

    def _mac(self, name: str) -> str:
        said = b"agentmesh context 1\0" + name.encode()
        return hmac.digest(self._key, said, hashlib.sha256)[:MAC_BYTES].hex()
