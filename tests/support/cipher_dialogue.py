"""Two ciphers in conversation."""

import os
from typing import Any

import msgspec
import pytest

from agentmesh.crypto.cipher import Cipher
from agentmesh.crypto.secret import pack, unpack
from agentmesh.crypto.session_cipher import SessionCipher
from agentmesh.errors import CryptoError
from agentmesh.protocol.frames import MessageFrame
from tests.support.crypto_parties import NOON, session


class Dialogue:
    """Alice, who knocked, and Bob. What is said is kept by its sender until it is heard."""

    def __init__(self, pair: tuple[SessionCipher, SessionCipher] | None = None) -> None:
        self.alice, self.bob = pair or session()

    def from_alice(self, text: bytes = b"hello", now: float = NOON) -> MessageFrame:
        self.alice, frame = self.alice.seal(text, now, os.urandom)
        return frame

    def from_bob(self, text: bytes = b"hi", now: float = NOON) -> MessageFrame:
        self.bob, frame = self.bob.seal(text, now, os.urandom)
        return frame

    def to_alice(self, frame: MessageFrame, now: float = NOON) -> bytes:
        self.alice, text = self.alice.open(frame, now, os.urandom)
        return text

    def to_bob(self, frame: MessageFrame, now: float = NOON) -> bytes:
        self.bob, text = self.bob.open(frame, now, os.urandom)
        return text

    def bob_refuses(self, frame: MessageFrame, now: float = NOON) -> str:
        before = saved(self.bob)
        with pytest.raises(CryptoError) as caught:
            self.bob.open(frame, now, os.urandom)
        assert saved(self.bob) == before
        return caught.value.code


def saved(cipher: Cipher) -> bytes:
    """Return a cipher as a snapshot holds it."""
    return msgspec.msgpack.encode(cipher, enc_hook=pack)


def loaded(data: bytes) -> Any:
    """Return the cipher in `data`."""
    return msgspec.msgpack.decode(data, type=Cipher, dec_hook=unpack)


def begun() -> Dialogue:
    talk = Dialogue()
    talk.to_bob(talk.from_alice())
    return talk
