"""The Double Ratchet, https://signal.org/docs/specifications/doubleratchet/, as a value.

The `doubleratchet` library turns the ratchet; this module keeps the outcome as an immutable value,
rebuilds the library's object for each turn and hands it the entropy. Between two turns a message is
a step of its chain, and no more: for that the library is not rebuilt. The keys come out bare:
`session_cipher` mixes the post-quantum key in, and keeps the keys of skipped messages.
"""

import hmac
from collections.abc import Coroutine
from typing import TypeVar

import msgspec
from doubleratchet import DiffieHellmanRatchet
from doubleratchet.kdf import KDF
from doubleratchet.models import (
    DiffieHellmanRatchetModel,
    KDFChainModel,
    SymmetricKeyRatchetModel,
)
from doubleratchet.types import Header as LibraryHeader

from agentmesh.crypto import x25519
from agentmesh.crypto.kdf import KEY_BYTES, Label, derive
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError
from agentmesh.protocol.limits import MAX_SKIPPED
from agentmesh.protocol.world import Entropy

T = TypeVar("T")

# KDF_CK of the paper (section 7.2): HMAC with 2 gives the next chain key, with 1 the message key.
CHAIN_CONSTANT = b"\x02\x01"
_UNUSED_CHAIN = KDFChainModel(length=0, key=bytes(KEY_BYTES))


class RootKdf(KDF):
    """KDF_RK of the paper: HKDF with the root key as salt."""

    @staticmethod
    async def derive(key: bytes, data: bytes, length: int) -> bytes:
        """Return root key and chain key."""
        return derive(Secret(data), Label.RATCHET_ROOT, salt=key, length=length).reveal()


class ChainKdf(KDF):
    """KDF_CK of the paper."""

    @staticmethod
    async def derive(key: bytes, data: bytes, length: int) -> bytes:  # noqa: ARG004
        """Return one HMAC for each byte of `data`."""
        return b"".join(hmac.digest(key, data[i : i + 1], "sha256") for i in range(len(data)))


class Place(msgspec.Struct, frozen=True):
    """Where in the ratchet a message stands: what the header says of it."""

    ratchet_key: bytes
    previous_length: int
    number: int


class Chain(msgspec.Struct, frozen=True, array_like=True):
    """A sending or receiving chain: its key, and how many messages it has had."""

    key: Secret
    length: int

    def step(self) -> tuple["Chain", Secret]:
        """Return the chain after one more message, and that message's key."""
        key = self.key.reveal()
        next_key, message_key = (
            Secret(hmac.digest(key, CHAIN_CONSTANT[i : i + 1], "sha256")) for i in range(2)
        )
        return Chain(next_key, self.length + 1), message_key


class Ratchet(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One side's ratchet. The responder has no sending chain before it heard the initiator."""

    own_private: Secret
    own_public: bytes
    peer_public: bytes
    root: Secret
    sending: Chain | None
    receiving: Chain | None
    previous_length: int

    @classmethod
    def of_initiator(cls, secret: Secret, peer_public: bytes, entropy: Entropy) -> "Ratchet":
        """Return the ratchet of the side that speaks first."""
        own = x25519.generate(entropy)
        shared = x25519.exchange(own, peer_public)
        keys = _finish(RootKdf.derive(secret.reveal(), shared, 2 * KEY_BYTES))
        return cls(
            own_private=own,
            own_public=x25519.public_key(own),
            peer_public=peer_public,
            root=Secret(keys[:KEY_BYTES]),
            sending=Chain(Secret(keys[KEY_BYTES:]), 0),
            receiving=None,
            previous_length=0,
        )

    @classmethod
    def of_responder(cls, secret: Secret, own_private: Secret) -> "Ratchet":
        """Return the ratchet of the side that listens first; its first key is the signed prekey."""
        return cls(
            own_private=own_private,
            own_public=x25519.public_key(own_private),
            peer_public=b"",
            root=secret,
            sending=None,
            receiving=None,
            previous_length=0,
        )

    @property
    def begins_chain(self) -> bool:
        """Whether the next message is the first of a sending chain."""
        return self.sending is not None and self.sending.length == 0

    def next_sending(self) -> tuple["Ratchet", Place, Secret]:
        """Return the ratchet after one more message, that message's place, and its key."""
        assert self.sending is not None  # noqa: S101 (the caller asks `can_send` first)
        place = Place(self.own_public, self.previous_length, self.sending.length)
        sending, key = self.sending.step()
        return msgspec.structs.replace(self, sending=sending), place, key

    def next_receiving(
        self, place: Place, skipped: int, entropy: Entropy
    ) -> tuple["Ratchet", tuple[bytes, ...], Secret]:
        """Return the ratchet after the message at `place`, the keys it skipped, and its key.

        `skipped` is how many keys the caller expects to skip, at most MAX_SKIPPED. The library
        drops keys in silence beyond its bounds; it is never asked to.
        """
        if skipped > MAX_SKIPPED or self._distance(place) != skipped:
            raise CryptoError("message_invalid")
        if self.receiving is not None and place.ratchet_key == self.peer_public:
            return self._along(self.receiving, skipped)
        library = _rebuild(self, entropy)
        header = LibraryHeader(place.ratchet_key, place.previous_length, place.number)
        key, keys = _finish(library.next_decryption_key(header))
        return self._after(library), tuple(keys.values()), Secret(key)

    def _along(self, receiving: Chain, skipped: int) -> tuple["Ratchet", tuple[bytes, ...], Secret]:
        """Return what `next_receiving` does where the peer has not turned the ratchet."""
        keys = []
        for _ in range(skipped):
            receiving, key = receiving.step()
            keys.append(key.reveal())
        receiving, key = receiving.step()
        return msgspec.structs.replace(self, receiving=receiving), tuple(keys), key

    def _distance(self, place: Place) -> int:
        """Return how many messages lie between the last one received and this place."""
        received = self.receiving.length if self.receiving else 0
        if place.ratchet_key == self.peer_public:
            return place.number - received
        rest = place.previous_length - received if self.receiving else 0
        return rest + place.number if rest >= 0 else -1

    def _after(self, library: "_Library") -> "Ratchet":
        model = library.model
        chains = model.symmetric_key_ratchet
        has_turned = model.own_ratchet_priv != self.own_private.reveal()
        own = Secret(model.own_ratchet_priv) if has_turned else self.own_private
        return Ratchet(
            own_private=own,
            own_public=x25519.public_key(own) if has_turned else self.own_public,
            peer_public=model.other_ratchet_pub,
            root=Secret(model.root_chain.key),
            sending=_chain(chains.sending_chain),
            receiving=_chain(chains.receiving_chain),
            previous_length=chains.previous_sending_chain_length or 0,
        )


class _Library(DiffieHellmanRatchet):
    """The library's ratchet with our X25519; its new keys come from the entropy handed in."""

    entropy: Entropy

    # The library calls this on the object, so it may look at it.
    def _generate_priv(self) -> bytes:  # type: ignore[override]
        return self.entropy(x25519.KEY_BYTES)

    @staticmethod
    def _derive_pub(priv: bytes) -> bytes:
        return x25519.public_key(Secret(priv))

    @staticmethod
    def _perform_diffie_hellman(own_priv: bytes, other_pub: bytes) -> bytes:
        return x25519.exchange(Secret(own_priv), other_pub)


def _rebuild(ratchet: Ratchet, entropy: Entropy) -> _Library:
    # Before its first turn the responder has no sending chain; the library insists on one, and
    # replaces it in that turn.
    sending = _model(ratchet.sending) or _UNUSED_CHAIN
    library = _Library.from_model(
        DiffieHellmanRatchetModel(
            own_ratchet_priv=ratchet.own_private.reveal(),
            other_ratchet_pub=ratchet.peer_public,
            root_chain=KDFChainModel(length=0, key=ratchet.root.reveal()),
            symmetric_key_ratchet=SymmetricKeyRatchetModel(
                receiving_chain=_model(ratchet.receiving),
                sending_chain=sending,
                previous_sending_chain_length=ratchet.previous_length,
            ),
        ),
        RootKdf,
        ChainKdf,
        CHAIN_CONSTANT,
        MAX_SKIPPED,
    )
    library.entropy = entropy
    return library


def _model(chain: Chain | None) -> KDFChainModel | None:
    return KDFChainModel(length=chain.length, key=chain.key.reveal()) if chain else None


def _chain(model: KDFChainModel | None) -> Chain | None:
    return Chain(Secret(model.key), model.length) if model else None


def _finish(coroutine: Coroutine[None, None, T]) -> T:
    """Return what a coroutine of the library returns; they never wait for anything."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        result: T = done.value
        return result
    coroutine.close()
    raise AssertionError("the library waited")
