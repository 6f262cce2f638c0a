"""`olm.v1`: Olm messages, each inside a frame of the outer layer (wrapping.py).

Olm brings forward secrecy and healing. The outer layer brings what Olm lacks: associated data, a
full MAC (Olm's own has 8 bytes), sizes that tell nothing, and the secret of the ML-KEM handshake.
The Olm keys serve for one session. They travel inside the signed KNOCK and ACCEPT; the first Olm
message holds the hash of everything that was said before it, and nothing else.
"""

import hashlib
import hmac

import msgspec

from agentmesh.crypto import suites, x25519
from agentmesh.crypto.kdf import Label, derive, join
from agentmesh.crypto.olm import library
from agentmesh.crypto.olm.library import Account, Library
from agentmesh.crypto.olm.message import check_normal, read_pre_key
from agentmesh.crypto.pq_step import Side
from agentmesh.crypto.pqxdh import Root
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.wrapping import Wrapping
from agentmesh.errors import CryptoError, UsageError
from agentmesh.protocol.frames import NumberedFrame, OlmAnswer, OlmKeys, ReceiptFrame, SessionFrame
from agentmesh.protocol.ids import SessionId
from agentmesh.protocol.limits import MAX_OLM_SKIPPED, MAX_SEQUENCE
from agentmesh.protocol.world import Entropy


class OlmCipher(msgspec.Struct, frozen=True, kw_only=True, array_like=True, tag=suites.OLM):
    """One side of a session. A value, like `SessionCipher`, and used in the same way.

    `library` is the one that can read `pickle`.
    """

    wrapping: Wrapping
    library: str
    pickle: Secret

    @classmethod
    def initiator(
        cls, session_id: SessionId, root: Root, account: Account, answer: OlmAnswer
    ) -> "OlmCipher":
        """Return the cipher of the side that knocked, from the peer's answer.

        Raises `CryptoError` if the answer was not made for this KNOCK.
        """
        keys = OlmKeys(account.identity, account.one_time)
        first = read_pre_key(answer.message)
        if (first.identity, first.one_time) != (answer.identity, keys.one_time):
            raise CryptoError("olm_answer_differs")
        bound = _bound(root, keys, answer.identity)
        pickle, said = _library(account.library).join(
            account.pickle, answer.identity, answer.message
        )
        if not hmac.compare_digest(said, bound.transcript):
            raise CryptoError("olm_answer_differs")
        return cls._begin(session_id, bound, "initiator", account.library, pickle)

    @classmethod
    def responder(
        cls, session_id: SessionId, root: Root, keys: OlmKeys, ours: Library
    ) -> tuple["OlmCipher", OlmAnswer]:
        """Return the cipher of the side that was knocked at, and what the ACCEPT has to say."""
        for key in (keys.identity, keys.one_time):
            x25519.check(key)
        begun = ours.begin(
            keys.identity, keys.one_time, lambda own: _bound(root, keys, own).transcript
        )
        bound = _bound(root, keys, begun.identity)
        cipher = cls._begin(session_id, bound, "responder", ours.name, begun.pickle)
        return cipher, OlmAnswer(begun.identity, begun.message)

    @classmethod
    def _begin(
        cls, session_id: SessionId, bound: Root, side: Side, name: str, pickle: Secret
    ) -> "OlmCipher":
        wrapping = Wrapping(
            session_id=session_id, transcript=bound.transcript, secret=bound.secret, side=side
        )
        return cls(wrapping=wrapping, library=name, pickle=pickle)

    @property
    def can_send(self) -> bool:
        """Whether the peer has spoken, where it has to speak first."""
        return self.wrapping.can_send

    @property
    def most_messages(self) -> int:
        """How many messages either side may say in this session."""
        return MAX_SEQUENCE

    def room(self, said: int, confirmed: int) -> int:
        """Return how many more messages may leave now: Olm keeps few keys of missing ones."""
        return MAX_OLM_SKIPPED - (said - confirmed)

    def is_spent(self, said: int, now: float) -> bool:  # noqa: ARG002
        """Whether the session cannot go on: the package that reads its state has gone."""
        return library.named(self.library) is None

    def seal(
        self,
        plaintext: bytes,
        now: float,  # noqa: ARG002
        entropy: Entropy,
    ) -> tuple["OlmCipher", NumberedFrame]:
        """Return the next cipher, and the frame that may leave once that cipher is saved."""
        if not self.can_send:
            raise UsageError("session_not_ready", "The initiator's first message is not here yet.")
        pickle, message = _library(self.library).encrypt(self.pickle, plaintext)
        wrapping, frame = self.wrapping.seal(message, entropy)
        return msgspec.structs.replace(self, wrapping=wrapping, pickle=pickle), frame

    def open(
        self,
        frame: SessionFrame,
        now: float,  # noqa: ARG002
        entropy: Entropy,  # noqa: ARG002
    ) -> tuple["OlmCipher", bytes]:
        """Return the next cipher and the plaintext, or raise `CryptoError`.

        As `Wrapping.open`, and `message_invalid`. A missing frame that Olm has given up, or a
        package that has gone, ends the session as well: `excessive_skip`, `session_expired`.
        """
        wrapping, message = self.wrapping.open(frame, MAX_OLM_SKIPPED)
        ours = library.named(self.library)
        if ours is None:
            raise CryptoError("session_expired")
        try:
            check_normal(message)
            pickle, plaintext = ours.decrypt(self.pickle, message)
        except CryptoError as error:
            was_missing = wrapping.window.highest == self.wrapping.window.highest
            if was_missing and error.code == "olm_refused":
                raise CryptoError("excessive_skip") from None
            raise CryptoError("message_invalid") from None
        return msgspec.structs.replace(self, wrapping=wrapping, pickle=pickle), plaintext

    def seal_receipt(self, body: bytes, entropy: Entropy) -> ReceiptFrame:
        """Return a receipt; no state changes."""
        return self.wrapping.seal_receipt(body, entropy)

    def open_receipt(self, frame: ReceiptFrame) -> bytes:
        """Return a receipt's body, or raise `CryptoError` (`receipt_invalid`)."""
        return self.wrapping.open_receipt(frame)


def _bound(root: Root, keys: OlmKeys, responder: bytes) -> Root:
    """Return the root with the Olm keys of both sides in it."""
    said = join(b"agentmesh/1 olm", root.transcript, keys.identity, keys.one_time, responder)
    transcript = hashlib.sha256(said).digest()
    secret = derive(root.secret, Label.OLM_SESSION, context=join(transcript))
    return Root(secret=secret, transcript=transcript, ratchet_key=b"")


def _library(name: str) -> Library:
    found = library.named(name)
    if found is None:
        raise UsageError("session_expired", "The package that reads this session has gone.")
    return found
