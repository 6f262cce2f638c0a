"""Starting a session of any suite: PQXDH, as https://signal.org/docs/specifications/pqxdh/ has it.

The identity keys of the paper are our exchange keys, each signed by its owner's Ed25519 key. Unlike
in the paper, a hash over everything both sides said goes into the derivation, and starts the
associated data of every message: who sees another bundle, list or suite arrives at another root.
"""

import hashlib

import msgspec

from agentmesh.crypto import kem, suites, x25519
from agentmesh.crypto.bundle import VerifiedBundle, read_own
from agentmesh.crypto.kdf import Label, derive, join
from agentmesh.crypto.key_pair import KeyPair
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, Refused
from agentmesh.protocol.frames import Handshake
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.records import ExchangeKey, SuiteList
from agentmesh.protocol.signed import Purpose, Signed, reread
from agentmesh.protocol.world import Entropy

# The paper's F: what keeps this input apart from an XEdDSA signature's.
_PREFIX = b"\xff" * 32
_ID_BYTES = 4
# All suites begin alike, but no two with the same root.
_ROOTS = {
    suites.PQXDH_DR: Label.PQXDH,
    suites.OLM: Label.OLM,
    suites.X3DH_ONLY: Label.X3DH_ONLY,
}


class Initiator(msgspec.Struct, frozen=True, kw_only=True):
    """What the knocking side brings: its signing key, its signed exchange key and suites."""

    identity: bytes
    exchange_key: Signed
    exchange_private: Secret
    suites: Signed


class Responder(msgspec.Struct, frozen=True, kw_only=True):
    """What the answering side brings: the keys the handshake names, by its own book."""

    identity: bytes
    exchange_key: KeyPair
    signed_prekey: KeyPair
    kem_prekey: KeyPair
    one_time: KeyPair | None
    suites: Signed


class Greeting(msgspec.Struct, frozen=True, kw_only=True):
    """What a KNOCK says to PQXDH. `identity` is the key that signed the KNOCK."""

    knock_id: SessionId
    identity: bytes
    suites: Signed
    handshake: Handshake


class Root(msgspec.Struct, frozen=True, kw_only=True):
    """What both sides arrive at: a secret, the transcript's hash, the responder's ratchet key."""

    secret: Secret
    transcript: bytes
    ratchet_key: bytes


class _Said(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the transcript holds, in its order."""

    knock_id: str
    suite: str
    initiator: bytes
    initiator_exchange: tuple[int, bytes]
    initiator_suites: bytes
    responder: bytes
    responder_exchange: tuple[int, bytes]
    responder_suites: bytes
    signed_prekey: tuple[int, bytes]
    kem_prekey: tuple[int, bytes]
    one_time: tuple[int, bytes] | None
    ephemeral: bytes
    kem_ciphertext: bytes

    def hash(self) -> bytes:
        """Return the transcript's hash (docs/protocol.md, 4)."""
        return hashlib.sha256(
            join(
                b"agentmesh/1 pqxdh",
                self.knock_id.encode(),
                self.suite.encode(),
                self.initiator,
                *_numbered(self.initiator_exchange),
                self.initiator_suites,
                self.responder,
                *_numbered(self.responder_exchange),
                self.responder_suites,
                *_numbered(self.signed_prekey),
                *_numbered(self.kem_prekey),
                *(_numbered(self.one_time) if self.one_time else (b"", b"")),
                self.ephemeral,
                self.kem_ciphertext,
            )
        ).digest()


def initiate(
    us: Initiator, knock_id: SessionId, bundle: VerifiedBundle, suite: str, entropy: Entropy
) -> tuple[Handshake, Root]:
    """Return what the KNOCK has to say, and the root that the peer will find, too."""
    _check_suite(suite)
    ours = reread(us.exchange_key, ExchangeKey)
    ephemeral = x25519.generate(entropy)
    shared = agree_as_initiator(us, ephemeral, bundle)
    kem_secret, ciphertext = kem.encapsulate(bundle.kem_prekey.key)
    handshake = Handshake(
        suite=suite,
        exchange_key=us.exchange_key,
        ephemeral=x25519.public_key(ephemeral),
        peer_exchange_key_id=bundle.exchange_key.id,
        peer_suites_sequence=bundle.suites.sequence,
        signed_prekey_id=bundle.signed_prekey.id,
        kem_prekey_id=bundle.kem_prekey.id,
        one_time_prekey_id=bundle.one_time.id if bundle.one_time else None,
        kem_ciphertext=ciphertext,
    )
    said = _Said(
        knock_id=knock_id,
        suite=suite,
        initiator=us.identity,
        initiator_exchange=(ours.id, ours.key),
        initiator_suites=us.suites.payload,
        responder=bundle.identity,
        responder_exchange=(bundle.exchange_key.id, bundle.exchange_key.key),
        responder_suites=bundle.signed_suites.payload,
        signed_prekey=(bundle.signed_prekey.id, bundle.signed_prekey.key),
        kem_prekey=(bundle.kem_prekey.id, bundle.kem_prekey.key),
        one_time=(bundle.one_time.id, bundle.one_time.key) if bundle.one_time else None,
        ephemeral=handshake.ephemeral,
        kem_ciphertext=ciphertext,
    )
    return handshake, _root(shared, kem_secret, said)


def respond(us: Responder, greeting: Greeting) -> Root:
    """Return the initiator's root. Raises `CryptoError` (`stale_prekey`) if it used other keys."""
    handshake = greeting.handshake
    _check_suite(handshake.suite)
    _check_keys(us, handshake)
    theirs = read_own(handshake.exchange_key, ExchangeKey, Purpose.EXCHANGE_KEY, greeting.identity)
    read_own(greeting.suites, SuiteList, Purpose.SUITES, greeting.identity)
    shared = agree_as_responder(us, theirs.key, handshake.ephemeral)
    kem_secret = kem.decapsulate(us.kem_prekey.private, handshake.kem_ciphertext)
    said = _Said(
        knock_id=greeting.knock_id,
        suite=handshake.suite,
        initiator=greeting.identity,
        initiator_exchange=(theirs.id, theirs.key),
        initiator_suites=greeting.suites.payload,
        responder=us.identity,
        responder_exchange=(us.exchange_key.id, us.exchange_key.public),
        responder_suites=us.suites.payload,
        signed_prekey=(us.signed_prekey.id, us.signed_prekey.public),
        kem_prekey=(us.kem_prekey.id, us.kem_prekey.public),
        one_time=(us.one_time.id, us.one_time.public) if us.one_time else None,
        ephemeral=handshake.ephemeral,
        kem_ciphertext=handshake.kem_ciphertext,
    )
    return _root(shared, kem_secret, said)


def agree_as_initiator(us: Initiator, ephemeral: Secret, bundle: VerifiedBundle) -> list[bytes]:
    """Return DH1 to DH3, and DH4 if there is a one-time prekey."""
    shared = [
        x25519.exchange(us.exchange_private, bundle.signed_prekey.key),
        x25519.exchange(ephemeral, bundle.exchange_key.key),
        x25519.exchange(ephemeral, bundle.signed_prekey.key),
    ]
    if bundle.one_time is not None:
        shared.append(x25519.exchange(ephemeral, bundle.one_time.key))
    return shared


def agree_as_responder(us: Responder, exchange_key: bytes, ephemeral: bytes) -> list[bytes]:
    """Return the same from the other end."""
    shared = [
        x25519.exchange(us.signed_prekey.private, exchange_key),
        x25519.exchange(us.exchange_key.private, ephemeral),
        x25519.exchange(us.signed_prekey.private, ephemeral),
    ]
    if us.one_time is not None:
        shared.append(x25519.exchange(us.one_time.private, ephemeral))
    return shared


def combine(shared: list[bytes], kem_secret: Secret) -> Secret:
    """Return the key material: F, DH1 to DH3 or DH4, and the KEM's secret."""
    return Secret(_PREFIX + b"".join(shared) + kem_secret.reveal())


def _root(shared: list[bytes], kem_secret: Secret, said: _Said) -> Root:
    transcript = said.hash()
    secret = derive(combine(shared, kem_secret), _ROOTS[said.suite], context=join(transcript))
    return Root(secret=secret, transcript=transcript, ratchet_key=said.signed_prekey[1])


def _numbered(key: tuple[int, bytes]) -> tuple[bytes, bytes]:
    number, public = key
    return number.to_bytes(_ID_BYTES, "big"), public


def _check_suite(suite: str) -> None:
    if suite not in _ROOTS:
        raise Refused("suite_unavailable", f"{suite} has no handshake of this kind.")


def _check_keys(us: Responder, handshake: Handshake) -> None:
    own_suites = reread(us.suites, SuiteList)
    named = (
        handshake.peer_exchange_key_id,
        handshake.peer_suites_sequence,
        handshake.signed_prekey_id,
        handshake.kem_prekey_id,
        handshake.one_time_prekey_id,
    )
    ours = (
        us.exchange_key.id,
        own_suites.sequence,
        us.signed_prekey.id,
        us.kem_prekey.id,
        us.one_time.id if us.one_time else None,
    )
    if named != ours:
        raise CryptoError("stale_prekey", "The KNOCK was made for other keys than these.")
