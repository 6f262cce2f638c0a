"""Making prekeys, and putting what is public of them into an upload."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from agentmesh.crypto import kem, x25519
from agentmesh.crypto.key_pair import KeyPair
from agentmesh.crypto.secret import Secret
from agentmesh.crypto.suites import offered
from agentmesh.errors import UsageError
from agentmesh.identity.keys import Identity
from agentmesh.identity.prekeys import Held, Kind, Name
from agentmesh.protocol.records import (
    ExchangeKey,
    KemPrekey,
    OneTimePrekey,
    PrekeyUpload,
    SignedPrekey,
    SuiteList,
)
from agentmesh.protocol.signed import Purpose, Signed
from agentmesh.protocol.world import Entropy

_DOCUMENTS: Mapping[Kind, tuple[type[ExchangeKey | SignedPrekey | KemPrekey], Purpose]] = {
    "exchange": (ExchangeKey, Purpose.EXCHANGE_KEY),
    "signed": (SignedPrekey, Purpose.SIGNED_PREKEY),
    "kem": (KemPrekey, Purpose.KEM_PREKEY),
}


class Prekey(msgspec.Struct, frozen=True, kw_only=True):
    """A prekey with both halves. `public` is a signed document; of a one-time prekey, the key."""

    kind: Kind
    id: int
    public: bytes
    private: Secret
    created_at: float


class Published(Held, Protocol):
    """A prekey that we keep, with its public half."""

    @property
    def public(self) -> bytes: ...


def make(
    name: Name, identity: Identity, now: float, entropy: Entropy, private: Secret | None = None
) -> Prekey:
    """Return a new prekey; `private` if its private half exists already."""
    way = kem if name.kind == "kem" else x25519
    private = private or way.generate(entropy)
    key = way.public_key(private)
    if name.kind != "one_time":
        key = msgspec.msgpack.encode(_signed(name, key, identity, now))
    return Prekey(kind=name.kind, id=name.id, public=key, private=private, created_at=now)


def key_pair(kind: Kind, number: int, public: bytes, private: Secret) -> KeyPair:
    """Return a kept prekey as a handshake wants it: the bare key, not the document."""
    if kind != "one_time":
        document, _ = _DOCUMENTS[kind]
        public = msgspec.msgpack.decode(_document_of(public).payload, type=document).key
    return KeyPair(number, public, private)


def sign_suites(
    identity: Identity, sequence: int, suites_offered: tuple[str, ...] | None = None
) -> Signed:
    """Return the list of the suites we speak: all that there are, or those that are named."""
    named = offered() if suites_offered is None else suites_offered
    suites = SuiteList(amid=identity.amid, suites=named, sequence=sequence)
    return identity.sign(suites, Purpose.SUITES)


def upload(held: Sequence[Published], suites: Signed) -> PrekeyUpload:
    """Return what the registry should have: the newest of each kind, and the new one-time prekeys.

    The same keys make the same upload: one whose answer was lost may be sent again.
    """
    keys = sorted(held, key=lambda each: each.id)
    newest = {key.kind: key for key in keys}
    missing = _DOCUMENTS.keys() - newest.keys()
    if missing:
        raise UsageError("prekeys_missing", f"Make these first: {', '.join(sorted(missing))}.")
    fresh = (key for key in keys if key.kind == "one_time" and not key.published)
    return PrekeyUpload(
        exchange_key=_document_of(newest["exchange"].public),
        signed_prekey=_document_of(newest["signed"].public),
        kem_prekey=_document_of(newest["kem"].public),
        suites=suites,
        one_time=tuple(OneTimePrekey(key.id, key.public) for key in fresh),
    )


def _signed(name: Name, key: bytes, identity: Identity, now: float) -> Signed:
    document, purpose = _DOCUMENTS[name.kind]
    said = document(amid=identity.amid, id=name.id, key=key, created_at=int(now * 1000))
    return identity.sign(said, purpose)


def _document_of(public: bytes) -> Signed:
    return msgspec.msgpack.decode(public, type=Signed)
