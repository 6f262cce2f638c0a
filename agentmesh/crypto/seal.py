"""Sealing a first contact: a KNOCK to two prekeys, the answer to the reply key it brought.

An ephemeral X25519 key and an ML-KEM encapsulation make a key that serves once.
The seal says nothing about who made it; the signature on the document inside does.
"""

import msgspec

from agentmesh.crypto import kem, x25519
from agentmesh.crypto.aead import open_box, seal_box
from agentmesh.crypto.kdf import Label, derive, join
from agentmesh.crypto.padding import pad_frame, unpad
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, RemoteProtocolError
from agentmesh.protocol import frames
from agentmesh.protocol.frames import Letter, ReplyKey, SealedToPrekeys, SealedToReplyKey
from agentmesh.protocol.records import KemPrekey, SignedPrekey
from agentmesh.protocol.world import Entropy

_ID_BYTES = 16

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Letter)


class ReplySecret(msgspec.Struct, frozen=True):
    """The private halves of a reply key."""

    id: str
    x25519: Secret
    ml_kem: Secret


class _Recipient(msgspec.Struct, frozen=True):
    """The public keys a letter is sealed to, and what the frame calls them."""

    label: Label
    names: bytes
    x25519: bytes
    ml_kem: bytes


def make_reply_key(entropy: Entropy) -> tuple[ReplyKey, ReplySecret]:
    """Return a key for one answer, and what opens it."""
    name = entropy(_ID_BYTES).hex()
    secret = ReplySecret(name, x25519.generate(entropy), kem.generate(entropy))
    public = ReplyKey(name, x25519.public_key(secret.x25519), kem.public_key(secret.ml_kem))
    return public, secret


def seal_to_prekeys(
    letter: Letter, signed_prekey: SignedPrekey, kem_prekey: KemPrekey, entropy: Entropy
) -> SealedToPrekeys:
    """Return the letter, readable with the private halves of two prekeys."""
    names = _prekey_names(signed_prekey.id, kem_prekey.id)
    recipient = _Recipient(Label.SEAL_TO_PREKEYS, names, signed_prekey.key, kem_prekey.key)
    key, ephemeral, ciphertext = _encapsulate(recipient, entropy)
    frame = SealedToPrekeys(
        signed_prekey_id=signed_prekey.id,
        kem_prekey_id=kem_prekey.id,
        ephemeral=ephemeral,
        kem_ciphertext=ciphertext,
        box=b"",
    )
    padded = pad_frame(_encoder.encode(letter), len(frames.encode(frame)))
    bound = _bound_to(recipient, ephemeral, ciphertext)
    return msgspec.structs.replace(frame, box=seal_box(key, padded, bound, entropy))


def open_with_prekeys(
    frame: SealedToPrekeys, signed_prekey_private: Secret, kem_private: Secret
) -> Letter:
    """Return the letter. The caller finds the keys by the frame's ids."""
    secret, public = kem.decapsulate_naming(kem_private, frame.kem_ciphertext)
    recipient = _Recipient(
        Label.SEAL_TO_PREKEYS,
        _prekey_names(frame.signed_prekey_id, frame.kem_prekey_id),
        x25519.public_key(signed_prekey_private),
        public,
    )
    return _open(frame, recipient, signed_prekey_private, secret)


def seal_to_reply_key(letter: Letter, reply_key: ReplyKey, entropy: Entropy) -> SealedToReplyKey:
    """Return the letter, readable by whoever made the reply key."""
    recipient = _reply_recipient(reply_key)
    key, ephemeral, ciphertext = _encapsulate(recipient, entropy)
    frame = SealedToReplyKey(
        reply_key_id=reply_key.id, ephemeral=ephemeral, kem_ciphertext=ciphertext, box=b""
    )
    padded = pad_frame(_encoder.encode(letter), len(frames.encode(frame)))
    bound = _bound_to(recipient, ephemeral, ciphertext)
    return msgspec.structs.replace(frame, box=seal_box(key, padded, bound, entropy))


def open_with_reply_key(frame: SealedToReplyKey, reply_secret: ReplySecret) -> Letter:
    """Return the letter."""
    if frame.reply_key_id != reply_secret.id:
        raise CryptoError("seal_invalid")
    secret, public = kem.decapsulate_naming(reply_secret.ml_kem, frame.kem_ciphertext)
    reply_key = ReplyKey(reply_secret.id, x25519.public_key(reply_secret.x25519), public)
    return _open(frame, _reply_recipient(reply_key), reply_secret.x25519, secret)


def _prekey_names(signed_prekey_id: int, kem_prekey_id: int) -> bytes:
    return join(signed_prekey_id.to_bytes(4, "big"), kem_prekey_id.to_bytes(4, "big"))


def _reply_recipient(reply_key: ReplyKey) -> _Recipient:
    names = join(reply_key.id.encode())
    return _Recipient(Label.SEAL_TO_REPLY_KEY, names, reply_key.x25519, reply_key.ml_kem)


def _bound_to(recipient: _Recipient, ephemeral: bytes, ciphertext: bytes) -> bytes:
    return join(
        recipient.label.value,
        recipient.names,
        recipient.x25519,
        recipient.ml_kem,
        ephemeral,
        ciphertext,
    )


def _encapsulate(recipient: _Recipient, entropy: Entropy) -> tuple[Secret, bytes, bytes]:
    private = x25519.generate(entropy)
    shared = x25519.exchange(private, recipient.x25519)
    secret, ciphertext = kem.encapsulate(recipient.ml_kem)
    return _key(recipient.label, shared, secret), x25519.public_key(private), ciphertext


def _key(label: Label, shared: bytes, secret: Secret) -> Secret:
    return derive(Secret(shared + secret.reveal()), label)


def _open(
    frame: SealedToPrekeys | SealedToReplyKey,
    recipient: _Recipient,
    private: Secret,
    secret: Secret,
) -> Letter:
    shared = x25519.exchange(private, frame.ephemeral)
    key = _key(recipient.label, shared, secret)
    bound = _bound_to(recipient, frame.ephemeral, frame.kem_ciphertext)
    try:
        encoded = unpad(open_box(key, frame.box, bound))
    except CryptoError:
        raise CryptoError("seal_invalid") from None
    try:
        return _decoder.decode(encoded)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise RemoteProtocolError("letter_malformed") from None
