"""The post-quantum ratchet beside the Double Ratchet: now and then a fresh ML-KEM secret.

An epoch is a key that goes into every message key. For epoch e + 1 one side offers an ML-KEM public
key and the other encapsulates to it; who offers alternates, so the two never cross. What was sent
is repeated in every frame until the peer's frames show that it arrived.
(docs/decisions/0003-session-cipher.md says what that is worth.)
"""

from typing import Literal

import msgspec

from agentmesh.crypto import kem
from agentmesh.crypto.kdf import Label, derive, join
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError
from agentmesh.protocol.frames import PqHeader
from agentmesh.protocol.limits import MAX_PQ_EPOCHS, PQ_STEP_MESSAGES, PQ_STEP_SECONDS
from agentmesh.protocol.world import Entropy

Side = Literal["initiator", "responder"]


class Offer(msgspec.Struct, frozen=True, array_like=True):
    """A key of ours for the next epoch, on its way to the peer."""

    private: Secret
    public: bytes


class PqRatchet(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One side's epochs. `keys` holds the key of epoch `first`, and of all epochs up to ours."""

    side: Side
    first: int = 0
    keys: tuple[Secret, ...]
    peer_epoch: int = 0
    since: float | None = None
    frames: int = 0
    offer: Offer | None = None
    peer_offer: bytes = b""
    answer: bytes = b""

    @property
    def epoch(self) -> int:
        """The epoch that we send under."""
        return self.first + len(self.keys) - 1

    def key(self, epoch: int) -> Secret:
        """Return the key of an epoch, or raise `CryptoError` if it is gone or has yet to come."""
        if not self.first <= epoch <= self.epoch:
            raise CryptoError("message_invalid")
        return self.keys[epoch - self.first]

    def next_sending(
        self, now: float, entropy: Entropy, *, begins_chain: bool
    ) -> tuple["PqRatchet", PqHeader, Secret]:
        """Return the state after one more frame, what the frame says, and the key it is under."""
        state = self
        if self.peer_offer and begins_chain:
            secret, ciphertext = kem.encapsulate(self.peer_offer)
            state = self._advance(_step(self.keys[-1], secret, self.peer_offer, ciphertext), now)
            state = msgspec.structs.replace(state, answer=ciphertext)
        elif self._is_due(now):
            private = kem.generate(entropy)
            offer = Offer(private, kem.public_key(private))
            state = msgspec.structs.replace(self, offer=offer)
        public = state.offer.public if state.offer else None
        header = PqHeader(state.epoch, public, state.answer or None)
        return _counted(state, now), header, state.keys[-1]

    def received(self, header: PqHeader, now: float) -> tuple["PqRatchet", Secret]:
        """Return the state after a frame of the peer with this header, and the key it is under."""
        state = self
        if header.epoch == self.epoch + 1 and self.offer and header.ciphertext:
            secret = kem.decapsulate(self.offer.private, header.ciphertext)
            step = _step(self.keys[-1], secret, self.offer.public, header.ciphertext)
            state = self._advance(step, now)
        key = state.key(header.epoch)
        return _counted(_heard(state, header), now), key

    def without_keys_before(self, epoch: int) -> "PqRatchet":
        """Return the state without the keys of epochs before this one, and within the bound.

        One before the peer's last is kept: its receipts are under the last epoch it heard from us,
        and a peer that made an epoch has at least heard the one before.
        """
        first = max(min(epoch, self.peer_epoch - 1), self.epoch - MAX_PQ_EPOCHS + 1)
        if first <= self.first:
            return self
        return msgspec.structs.replace(self, first=first, keys=self.keys[first - self.first :])

    def offers(self, epoch: int) -> bool:
        """Whether it is this side that offers the key for an epoch."""
        return (epoch % 2 == 1) == (self.side == "initiator")

    def _is_due(self, now: float) -> bool:
        if self.offer or self.peer_epoch < self.epoch or not self.offers(self.epoch + 1):
            return False
        # A clock that jumped back counts as time that passed: a step too early harms nobody.
        age = 0 if self.since is None else now - self.since
        return self.frames >= PQ_STEP_MESSAGES or not 0 <= age < PQ_STEP_SECONDS

    def _advance(self, key: Secret, now: float) -> "PqRatchet":
        return msgspec.structs.replace(
            self,
            keys=(*self.keys, key),
            since=now,
            frames=0,
            offer=None,
            peer_offer=b"",
            answer=b"",
        )


def start(side: Side, secret: Secret) -> PqRatchet:
    """Return a side's state at the beginning; its clock starts with its first frame."""
    return PqRatchet(side=side, keys=(derive(secret, Label.PQ_START),))


def _counted(state: PqRatchet, now: float) -> PqRatchet:
    since = now if state.since is None else state.since
    return msgspec.structs.replace(state, frames=state.frames + 1, since=since)


def _heard(state: PqRatchet, header: PqHeader) -> PqRatchet:
    if header.epoch > state.peer_epoch:
        state = msgspec.structs.replace(state, peer_epoch=header.epoch)
    if state.answer and state.peer_epoch == state.epoch:
        state = msgspec.structs.replace(state, answer=b"")
    if header.public_key and header.epoch == state.epoch and not state.peer_offer:
        if state.offers(state.epoch + 1):
            raise CryptoError("message_invalid")
        kem.check(header.public_key)
        state = msgspec.structs.replace(state, peer_offer=header.public_key)
    return state


def _step(key: Secret, secret: Secret, public: bytes, ciphertext: bytes) -> Secret:
    return derive(secret, Label.PQ_STEP, salt=key.reveal(), context=join(public, ciphertext))
