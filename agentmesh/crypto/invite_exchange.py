"""How a short code becomes a proof: SPAKE2, and a confirmation in both directions (RFC 9382).

Whoever does not know the words gets one guess for each proof it sends, and learns nothing to go on
guessing with. The key that comes out confirms, and is used for nothing else.
"""

import msgspec
from nacl.bindings import crypto_core_ed25519_BYTES as POINT_BYTES
from nacl.bindings import crypto_core_ed25519_is_valid_point as is_valid_point
from spake2 import SPAKE2_A, SPAKE2_B, SPAKEError
from spake2.ed25519_basic import NotOnCurve

from agentmesh.crypto.kdf import Label, derive, join
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError
from agentmesh.protocol.ids import Amid
from agentmesh.protocol.world import Entropy


class Party(msgspec.Struct, frozen=True):
    """One side: its AMID and the key that this follows from."""

    amid: Amid
    signing_key: bytes

    def name(self, role: bytes) -> bytes:
        """Return what SPAKE2 calls this side."""
        return join(b"agentmesh/1 invite", role, self.amid.encode(), self.signing_key)


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """Who exchanges with whom, under which name."""

    id: str
    slot: int
    joiner: Party
    inviter: Party


class Confirmation(msgspec.Struct, frozen=True):
    """What each side shows the other. Equal only if both knew the same words."""

    of_joiner: Secret
    of_inviter: Secret


class Exchange:
    """One side of an exchange; it serves once. The joiner is SPAKE2's side A."""

    def __init__(self, parties: Parties, words: str, entropy: Entropy, *, is_joiner: bool) -> None:
        self._parties = parties
        self._names = parties.joiner.name(b"joiner"), parties.inviter.name(b"inviter")
        side = SPAKE2_A if is_joiner else SPAKE2_B
        password = b"agentmesh/1 invite\0" + words.encode()
        self._side = side(password, *self._names, entropy_f=entropy)
        self._is_joiner = is_joiner
        self.message: bytes = self._side.start()

    def finish(self, theirs: bytes) -> Confirmation:
        """Return what proves the words, from the other side's message."""
        # The library takes the neutral point in spellings that are not canonical.
        if len(theirs) != POINT_BYTES + 1 or not is_valid_point(theirs[1:]):
            raise CryptoError("invite_exchange_invalid")
        try:
            key = Secret(self._side.finish(theirs))
        except (SPAKEError, NotOnCurve, ValueError, AssertionError):
            raise CryptoError("invite_exchange_invalid") from None
        first, second = (self.message, theirs) if self._is_joiner else (theirs, self.message)
        number = self._parties.slot.to_bytes(4, "big")
        transcript = join(self._parties.id.encode(), number, *self._names, first, second)
        return Confirmation(
            derive(key, Label.INVITE_JOINER, context=transcript),
            derive(key, Label.INVITE_INVITER, context=transcript),
        )
