"""Olm by libolm, through python-olm.

It takes points of low order for keys: `message.py` has looked at every key before. It returns text,
so bytes that are none are smuggled through as lone surrogates.
"""

import base64
import binascii

from olm.account import Account as LibolmAccount
from olm.account import OlmAccountError
from olm.session import (
    InboundSession,
    OlmMessage,
    OlmPreKeyMessage,
    OlmSessionError,
    OutboundSession,
    Session,
)

from agentmesh.crypto.olm.library import LIBOLM, Account, Begun, First
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, IntegrityError

_BYTES = "surrogateescape"


class Libolm:
    """See `Library`."""

    name = LIBOLM

    def make_account(self) -> Account:
        """Return fresh keys."""
        account = LibolmAccount()
        account.generate_one_time_keys(1)
        (one_time,) = account.one_time_keys["curve25519"].values()
        return Account(
            library=self.name,
            pickle=Secret(account.pickle()),
            identity=_raw(account.identity_keys["curve25519"]),
            one_time=_raw(one_time),
        )

    def begin(self, identity: bytes, one_time: bytes, first: First) -> Begun:
        """Return a session towards these keys, and its first message."""
        account = LibolmAccount()
        own = _raw(account.identity_keys["curve25519"])
        try:
            session = OutboundSession(account, _text(identity), _text(one_time))
            message = session.encrypt(first(own))
        except OlmSessionError:
            raise CryptoError("olm_refused") from None
        return Begun(
            pickle=Secret(session.pickle()), identity=own, message=_raw(message.ciphertext)
        )

    def join(self, account: Secret, identity: bytes, message: bytes) -> tuple[Secret, bytes]:
        """Return the session that this first message began, and what is in the message."""
        try:
            ours = LibolmAccount.from_pickle(account.reveal())
        except OlmAccountError:
            raise IntegrityError("state_damaged", "Saved Olm keys are damaged.") from None
        pre_key = OlmPreKeyMessage(_text(message))
        try:
            session = InboundSession(ours, pre_key, _text(identity))
            first = session.decrypt(pre_key, unicode_errors=_BYTES)
        except OlmSessionError:
            raise CryptoError("olm_refused") from None
        return Secret(session.pickle()), _bytes(first)

    def encrypt(self, session: Secret, plaintext: bytes) -> tuple[Secret, bytes]:
        """Return the session after it, and an ordinary message."""
        loaded = _loaded(session)
        message = loaded.encrypt(plaintext)
        if not isinstance(message, OlmMessage):
            raise CryptoError("olm_refused")
        return Secret(loaded.pickle()), _raw(message.ciphertext)

    def decrypt(self, session: Secret, message: bytes) -> tuple[Secret, bytes]:
        """Return the session after it, and what is in an ordinary message."""
        loaded = _loaded(session)
        try:
            plaintext = loaded.decrypt(OlmMessage(_text(message)), unicode_errors=_BYTES)
        except OlmSessionError:
            raise CryptoError("olm_refused") from None
        return Secret(loaded.pickle()), _bytes(plaintext)


def _loaded(session: Secret) -> Session:
    try:
        return Session.from_pickle(session.reveal())
    except (OlmSessionError, ValueError):
        raise IntegrityError("state_damaged", "A saved Olm session is damaged.") from None


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        raise CryptoError("olm_refused") from None


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", _BYTES)


LIBRARY = Libolm()
