"""Olm by vodozemac."""

import vodozemac
from vodozemac import AnyOlmMessage, Curve25519PublicKey, Session

from agentmesh.crypto.olm.library import VODOZEMAC, Account, Begun, First
from agentmesh.crypto.secret import Secret
from agentmesh.errors import CryptoError, IntegrityError

# The library insists on a key; what protects a saved state is the vault.
_PICKLE_KEY = bytes(32)
_NORMAL = 1


class Vodozemac:
    """See `Library`."""

    name = VODOZEMAC

    def make_account(self) -> Account:
        """Return fresh keys."""
        account = vodozemac.Account()
        account.generate_one_time_keys(1)
        (one_time,) = account.one_time_keys.values()
        return Account(
            library=self.name,
            pickle=Secret(account.pickle(_PICKLE_KEY).encode()),
            identity=account.curve25519_key.to_bytes(),
            one_time=one_time.to_bytes(),
        )

    def begin(self, identity: bytes, one_time: bytes, first: First) -> Begun:
        """Return a session towards these keys, and its first message."""
        account = vodozemac.Account()
        own = account.curve25519_key.to_bytes()
        try:
            session = account.create_outbound_session(_key(identity), _key(one_time))
        except ValueError:
            raise CryptoError("olm_refused") from None
        _, message = session.encrypt(first(own)).to_parts()
        return Begun(pickle=_saved(session), identity=own, message=message)

    def join(self, account: Secret, identity: bytes, message: bytes) -> tuple[Secret, bytes]:
        """Return the session that this first message began, and what is in the message."""
        try:
            ours = vodozemac.Account.from_pickle(account.reveal().decode(), _PICKLE_KEY)
        except ValueError:
            raise IntegrityError("state_damaged", "Saved Olm keys are damaged.") from None
        try:
            pre_key = AnyOlmMessage.pre_key(message).to_pre_key()
            if pre_key is None:
                raise CryptoError("olm_refused")
            session, first = ours.create_inbound_session(_key(identity), pre_key)
        except ValueError:
            raise CryptoError("olm_refused") from None
        return _saved(session), first

    def encrypt(self, session: Secret, plaintext: bytes) -> tuple[Secret, bytes]:
        """Return the session after it, and an ordinary message."""
        loaded = _loaded(session)
        kind, message = loaded.encrypt(plaintext).to_parts()
        if kind != _NORMAL:
            raise CryptoError("olm_refused")
        return _saved(loaded), message

    def decrypt(self, session: Secret, message: bytes) -> tuple[Secret, bytes]:
        """Return the session after it, and what is in an ordinary message."""
        loaded = _loaded(session)
        try:
            plaintext = loaded.decrypt(AnyOlmMessage.normal(message))
        except ValueError:
            raise CryptoError("olm_refused") from None
        return _saved(loaded), plaintext


def _key(raw: bytes) -> Curve25519PublicKey:
    return Curve25519PublicKey.from_bytes(raw)


def _saved(session: Session) -> Secret:
    return Secret(session.pickle(_PICKLE_KEY).encode())


def _loaded(session: Secret) -> Session:
    try:
        return Session.from_pickle(session.reveal().decode(), _PICKLE_KEY)
    except ValueError:
        raise IntegrityError("state_damaged", "A saved Olm session is damaged.") from None


LIBRARY = Vodozemac()
