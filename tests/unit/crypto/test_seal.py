import os

import msgspec
import pytest

from agentmesh.crypto import kem, x25519
from agentmesh.crypto.padding import BUCKETS
from agentmesh.crypto.seal import (
    make_reply_key,
    open_with_prekeys,
    open_with_reply_key,
    seal_to_prekeys,
    seal_to_reply_key,
)
from agentmesh.errors import CryptoError, RemoteProtocolError, UsageError
from agentmesh.protocol import frames
from agentmesh.protocol.frames import Letter, SealedToPrekeys, SealedToReplyKey
from agentmesh.protocol.signed import Signed
from tests.support.crypto_parties import Party

BOB = Party.make("bob")
BUNDLE = BOB.verified()


def letter(size: int = 100) -> Letter:
    return Letter("knock", Signed(b"canary" + bytes(size), bytes(32), bytes(64)))


def to_prekeys(size: int = 100) -> SealedToPrekeys:
    return seal_to_prekeys(letter(size), BUNDLE.signed_prekey, BUNDLE.kem_prekey, os.urandom)


def opened(frame: SealedToPrekeys) -> Letter:
    return open_with_prekeys(frame, BOB.signed_prekey.private, BOB.kem_prekey.private)


def test_a_letter_to_prekeys_arrives_and_shows_nothing() -> None:
    frame = to_prekeys()
    assert opened(frame) == letter()
    assert b"canary" not in frames.encode(frame)


def test_a_letter_to_a_reply_key_arrives() -> None:
    public, secret = make_reply_key(os.urandom)
    assert open_with_reply_key(seal_to_reply_key(letter(), public, os.urandom), secret) == letter()


def test_a_sealed_frame_has_one_of_the_sizes() -> None:
    public, _ = make_reply_key(os.urandom)
    sizes = set()
    for size in (1, 300, 1000, 3000, 9000, 40_000, 80_000):
        sizes.add(len(frames.encode(to_prekeys(size))))
        sizes.add(len(frames.encode(seal_to_reply_key(letter(size), public, os.urandom))))
    assert all(any(0 <= bucket - size <= 2 for bucket in BUCKETS) for size in sizes)
    assert len(sizes) <= len(BUCKETS)


def test_a_letter_that_fits_no_frame_is_refused() -> None:
    with pytest.raises(UsageError):
        to_prekeys(97_000)


def test_other_keys_do_not_open_it() -> None:
    frame, eve = to_prekeys(), Party.make("eve")
    for x_key, kem_key in (
        (eve.signed_prekey.private, BOB.kem_prekey.private),
        (BOB.signed_prekey.private, eve.kem_prekey.private),
    ):
        with pytest.raises(CryptoError, match="seal_invalid"):
            open_with_prekeys(frame, x_key, kem_key)


def test_everything_in_the_frame_is_bound() -> None:
    frame = to_prekeys()
    other = to_prekeys()
    for change in (
        {"signed_prekey_id": 99},
        {"kem_prekey_id": 99},
        {"ephemeral": other.ephemeral},
        {"kem_ciphertext": other.kem_ciphertext},
        {"box": other.box},
        {"box": frame.box[:-1]},
        {"box": b""},
    ):
        with pytest.raises(CryptoError, match="seal_invalid"):
            opened(msgspec.structs.replace(frame, **change))


def test_a_seal_of_one_kind_is_not_one_of_the_other() -> None:
    public, secret = make_reply_key(os.urandom)
    frame = seal_to_reply_key(letter(), public, os.urandom)
    moved = SealedToPrekeys(
        signed_prekey_id=1,
        kem_prekey_id=1,
        ephemeral=frame.ephemeral,
        kem_ciphertext=frame.kem_ciphertext,
        box=frame.box,
    )
    with pytest.raises(CryptoError, match="seal_invalid"):
        open_with_prekeys(moved, secret.x25519, secret.ml_kem)


def test_the_reply_keys_name_must_fit() -> None:
    public, secret = make_reply_key(os.urandom)
    frame: SealedToReplyKey = seal_to_reply_key(letter(), public, os.urandom)
    with pytest.raises(CryptoError, match="seal_invalid"):
        open_with_reply_key(msgspec.structs.replace(frame, reply_key_id="other"), secret)


def test_an_ephemeral_point_of_low_order_is_refused() -> None:
    with pytest.raises(CryptoError, match="point_invalid"):
        opened(msgspec.structs.replace(to_prekeys(), ephemeral=bytes(32)))


def test_a_letter_of_an_unknown_kind_is_the_peers_fault() -> None:
    odd = Letter("gossip", letter().signed)  # type: ignore[arg-type]
    frame = seal_to_prekeys(odd, BUNDLE.signed_prekey, BUNDLE.kem_prekey, os.urandom)
    with pytest.raises(RemoteProtocolError, match="letter_malformed"):
        opened(frame)


def test_a_reply_key_is_two_fresh_keys() -> None:
    public, secret = make_reply_key(os.urandom)
    assert public.x25519 == x25519.public_key(secret.x25519)
    assert public.ml_kem == kem.public_key(secret.ml_kem)
    assert public.id == secret.id
    assert make_reply_key(os.urandom)[0] != public
