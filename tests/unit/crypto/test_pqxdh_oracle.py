"""The Diffie-Hellman half of PQXDH against another library's X3DH, in both roles.

X3DH has no KEM: with its secret left out, the key material must be the same.
"""

from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest
import x3dh
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from x3dh.identity_key_pair import IdentityKeyPair

from agentmesh.crypto import x25519
from agentmesh.crypto.key_pair import KeyPair
from agentmesh.crypto.pqxdh import agree_as_initiator, agree_as_responder, combine
from agentmesh.crypto.secret import Secret
from agentmesh.protocol.records import OneTimePrekey
from tests.support.crypto_parties import Party, seeded

INFO = b"oracle"
FORMAT = x3dh.IdentityKeyFormat.CURVE_25519
ALICE, BOB = Party.make("alice"), Party.make("bob")


class Oracle(x3dh.BaseState):
    """The library's agent."""

    @staticmethod
    def _encode_public_key(key_format: x3dh.IdentityKeyFormat, pub: bytes) -> bytes:
        return pub


def oracle() -> Oracle:
    state = Oracle.create(FORMAT, x3dh.HashFunction.SHA_256, INFO)
    state.generate_pre_keys(1)
    return state


def run(coroutine: Coroutine[None, None, Any]) -> Any:
    with pytest.raises(StopIteration) as done:
        coroutine.send(None)
    return done.value.value


def secret_of(shared: list[bytes]) -> bytes:
    material = combine(shared, Secret(b"")).reveal()
    return HKDF(SHA256(), 32, bytes(32), INFO).derive(material)


@pytest.mark.parametrize("one_time", [True, False])
def test_as_initiator_we_share_the_secret_with_the_library(one_time: bool) -> None:
    them = oracle()
    published = them.bundle
    (prekey,) = published.pre_keys
    bundle = BOB.verified()
    bundle = msgspec.structs.replace(
        bundle,
        exchange_key=msgspec.structs.replace(bundle.exchange_key, key=published.identity_key),
        signed_prekey=msgspec.structs.replace(bundle.signed_prekey, key=published.signed_pre_key),
        one_time=OneTimePrekey(1, prekey) if one_time else None,
    )
    ephemeral = x25519.generate(seeded("ephemeral"))
    ours = secret_of(agree_as_initiator(ALICE.as_initiator(), ephemeral, bundle))
    header = x3dh.Header(
        identity_key=ALICE.exchange.public,
        ephemeral_key=x25519.public_key(ephemeral),
        signed_pre_key=published.signed_pre_key,
        pre_key=prekey if one_time else None,
    )
    theirs, _, _ = run(them.get_shared_secret_passive(header, require_pre_key=False))
    assert ours == theirs


@pytest.mark.parametrize("one_time", [True, False])
def test_as_responder_we_share_the_secret_with_the_library(one_time: bool) -> None:
    # The library signs the prekey itself, so the keys are its own, taken over by us.
    published, us = oracle(), BOB.as_responder()
    model, bundle = published.model, published.bundle
    (prekey,) = model.pre_keys
    identity = IdentityKeyPair.from_model(model.identity_key).as_priv().priv
    us = msgspec.structs.replace(
        us,
        exchange_key=pair(identity),
        signed_prekey=pair(model.signed_pre_key.priv),
        one_time=pair(prekey) if one_time else None,
    )
    if not one_time:
        bundle = bundle._replace(pre_keys=frozenset())
    theirs, _, header = run(oracle().get_shared_secret_active(bundle, require_pre_key=False))
    assert theirs == secret_of(agree_as_responder(us, header.identity_key, header.ephemeral_key))


def pair(private: bytes) -> KeyPair:
    return KeyPair(1, x25519.public_key(Secret(private)), Secret(private))
