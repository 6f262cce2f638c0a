"""Who we are: the signing key that AMID and DID follow from, and what we say about it openly."""

import base64
import binascii
from typing import NoReturn

import msgspec
from nacl.signing import SigningKey

from agentmesh.crypto.secret import Secret
from agentmesh.errors import IntegrityError
from agentmesh.protocol import signed
from agentmesh.protocol.certificates.session import Bound, mint
from agentmesh.protocol.ids import Amid, amid_of, did_of
from agentmesh.protocol.signed import KEY_BYTES, Document, Purpose, Signed
from agentmesh.protocol.times import to_text
from agentmesh.protocol.world import Entropy

SIGNING = "ed25519:"
EXCHANGE = "x25519:"


class Identity:
    """Our long-term Ed25519 key. It signs; it never leaves but to be sealed."""

    __slots__ = ("_key", "amid", "did", "public_key")

    def __init__(self, seed: Secret) -> None:
        self._key = SigningKey(seed.reveal())
        self.public_key = bytes(self._key.verify_key)
        self.amid: Amid = amid_of(self.public_key)
        self.did = did_of(self.amid)

    @classmethod
    def make(cls, entropy: Entropy) -> "Identity":
        """Return a new identity."""
        return cls(Secret(entropy(KEY_BYTES)))

    def sign(self, document: Document, purpose: Purpose) -> Signed:
        """Return the document, signed by us."""
        return signed.sign(document, purpose, self._key)

    def countersign(self, theirs: Signed, purpose: Purpose) -> Signed:
        """Return a document that was read and agreed with, signed by us: the very same bytes."""
        signature = self.sign_bytes(theirs.payload, purpose)
        return Signed(theirs.payload, self.public_key, signature)

    def sign_bytes(self, payload: bytes, purpose: Purpose) -> bytes:
        """Return our bare signature, for what does not travel as a document (HTTP requests)."""
        return self._key.sign(signed.signing_bytes(purpose, payload)).signature

    def certify(self, session: Bound, serial: int, now: float) -> bytes:
        """Return our certificate for a session, issued by us."""
        key = self.public_key
        return mint(session, key, serial, now, lambda data: self._key.sign(data).signature)

    def seed(self) -> Secret:
        """Return what this identity can be made of again."""
        return Secret(bytes(self._key))

    def __repr__(self) -> str:
        return f"Identity({self.amid})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("an identity is not pickled")


class PublicIdentity(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What `keys/identity.json` says: nothing in it is secret."""

    amid: Amid
    did: str
    signing_public_key: str
    exchange_public_key: str = ""
    created_at: str
    framework: str = ""
    framework_version: str = ""

    def signing_key(self) -> bytes:
        """Return the signing key, after checking that AMID and DID follow from it."""
        key = parse_key(self.signing_public_key, SIGNING)
        if amid_of(key) != self.amid or did_of(self.amid) != self.did:
            raise IntegrityError("identity_mismatch", "The AMID does not follow from the key.")
        return key


def public_identity(
    signing_key: bytes, exchange_key: bytes | None, created_at: float, framework: tuple[str, str]
) -> PublicIdentity:
    """Return the public side of an identity. `framework` is a name and a version."""
    amid = amid_of(signing_key)
    return PublicIdentity(
        amid=amid,
        did=did_of(amid),
        signing_public_key=key_text(signing_key, SIGNING),
        exchange_public_key=key_text(exchange_key, EXCHANGE) if exchange_key else "",
        created_at=to_text(created_at),
        framework=framework[0],
        framework_version=framework[1],
    )


def key_text(key: bytes, kind: str) -> str:
    """Return a public key as people and JSON see it: `ed25519:<base64>`."""
    return kind + base64.b64encode(key).decode()


def parse_key(text: str, kind: str) -> bytes:
    """Return a public key from its text; the bare base64 is read too."""
    try:
        key = base64.b64decode(text.removeprefix(kind), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise IntegrityError("key_malformed", f"This is not a key of the form {kind}<base64>.")
    return key
